import { parseArgs } from "node:util";
import { isCallerName } from "../callers/caller-name.ts";
import { newKey } from "../callers/new-key.ts";
import { type CommandResult, usageMistake } from "./command-result.ts";

export const keyUsage = "verigate key new NAME [--json]";

/** `verigate key new NAME`: makes a key. It is shown this once, and kept nowhere. */
export function keyCommand(args: readonly string[], isForPeople: boolean): CommandResult {
  const options = { json: { type: "boolean" } } as const;
  const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
  const [action, name, ...others] = positionals;
  if (action !== "new" || name === undefined || others.length > 0) {
    return usageMistake(`expected ${keyUsage}`);
  }
  if (!isCallerName(name) || /[*#]/.test(name)) {
    return usageMistake("a caller's name has 1-256 visible ASCII characters without * and #; some are reserved");
  }
  const made = newKey(name);
  if (!isForPeople || values.json === true) {
    return { exitCode: 0, stdout: `${JSON.stringify(made)}\n` };
  }
  return {
    exitCode: 0,
    stdout: `For the caller, as its bearer token; it is not shown again:\n\n  ${made.key}\n\nFor VERIGATE_KEYS_FILE:\n\n  ${made.line}\n`,
  };
}
