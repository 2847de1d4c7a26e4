/** What a subcommand has come to. */
export interface CommandResult {
  readonly exitCode: number;
  readonly stdout?: string;
  readonly stderr?: string;
}

/** sysexits.h: something was found in an unconfigured or misconfigured state. */
export const exitMisconfigured = 78;

/** What was written on the command line can't be understood. */
export function usageMistake(text: string): CommandResult {
  return { exitCode: 2, stderr: `verigate: ${text}\n` };
}
