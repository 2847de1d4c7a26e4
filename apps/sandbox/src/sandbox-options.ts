import type { Account } from "./accounts.ts";
import { isLoopback } from "./allowed-hosts.ts";
import type { Switches } from "./switches.ts";

/** Everything about a sandbox that can be chosen. */
export interface SandboxOptions {
  /** Name or address to listen on. Default 127.0.0.1. */
  readonly host?: string | undefined;
  /** 0 takes any free port. Default 8025. */
  readonly port?: number | undefined;
  /** Who may call the emulated API; each owns its services. Default `sandbox` with the password `sandbox`. */
  readonly accounts?: readonly Account[] | undefined;
  /**
   * Whether `host` may be one that other machines reach. Default false: the control
   * API has no credentials, and the outbox shows PINs.
   */
  readonly allowBeyondLoopback?: boolean | undefined;
  /** Names the sandbox is called by besides localhost and `host`; requests for others are refused. Default none. */
  readonly hostNames?: readonly string[] | undefined;
  /** What to start with, and to go back to when the state is cleared. */
  readonly switches?: Partial<Switches> | undefined;
  /** Milliseconds since the epoch. Default the machine's clock. */
  readonly now?: (() => number) | undefined;
}

/** Options a sandbox can't be made from. Every mistake is listed, one a line. */
export class SandboxOptionsError extends Error {
  readonly mistakes: readonly string[];

  constructor(mistakes: readonly string[]) {
    super(mistakes.join("\n"));
    this.name = "SandboxOptionsError";
    this.mistakes = mistakes;
  }
}

/** Fills what is not given with the defaults. Throws a SandboxOptionsError for a host beyond loopback that was not allowed. */
export function resolveSandboxOptions(
  options: SandboxOptions,
): Required<{ [K in keyof SandboxOptions]: NonNullable<SandboxOptions[K]> }> {
  const host = options.host ?? "127.0.0.1";
  const allowBeyondLoopback = options.allowBeyondLoopback ?? false;
  if (!allowBeyondLoopback && !isLoopback(host)) {
    throw new SandboxOptionsError([
      `${host} is not a loopback address: other machines could read every PIN; allow it with --allow-beyond-loopback`,
    ]);
  }
  return {
    host,
    port: options.port ?? 8025,
    accounts: options.accounts ?? [{ username: "sandbox", password: "sandbox" }],
    allowBeyondLoopback,
    hostNames: options.hostNames ?? [],
    switches: options.switches ?? {},
    now: options.now ?? Date.now,
  };
}
