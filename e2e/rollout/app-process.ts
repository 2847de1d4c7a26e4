import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { forkModule, kill } from "../chaos/child-processes.ts";

/** How a call of the app ended. */
export interface AppCall {
  /** Of no other call. */
  readonly userId: string;
  /** Whether it began after SIGTERM. */
  readonly isLast: boolean;
  /** All but the last got no answer of the gateway, or one that says to repeat. */
  readonly tries: number;
  /** "verified", or the reason of the gateway's error. */
  readonly answer: string;
}

/** A process of app.ts. */
export class AppProcess {
  /** Those that have ended, in that order. */
  readonly calls: AppCall[] = [];
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;

  constructor(address: string, deadlineMs: number) {
    this.#child = forkModule("../rollout/app.ts", [address, String(deadlineMs)]);
    this.#child.on("message", (call) => this.calls.push(call as AppCall));
    // Only then all messages have come.
    this.#ended = Promise.all([once(this.#child, "exit"), once(this.#child, "disconnect")]);
  }

  /** SIGTERM. Fulfils with the exit code when the app has ended. */
  async stop(): Promise<number | null> {
    this.#child.kill("SIGTERM");
    await this.#ended;
    return this.#child.exitCode;
  }

  async kill(): Promise<void> {
    await kill(this.#child);
  }
}
