import type { ChildProcess } from "node:child_process";
import type { ChaosCertificates } from "./chaos-certificates.ts";
import { forkModule, isRunning, kill, nextMessage } from "./child-processes.ts";
import type { UpstreamMode } from "./upstream-mode.ts";

export interface UpstreamOptions {
  readonly host: string;
  readonly port: number;
  /** The file that it notes in what it has served. */
  readonly journalPath: string;
  /** With them it speaks TLS. */
  readonly certificates?: ChaosCertificates;
}

/** A process of chaos-upstream.ts. */
export class UpstreamProcess {
  readonly options: UpstreamOptions;
  #child: ChildProcess | undefined;

  constructor(options: UpstreamOptions) {
    this.options = options;
  }

  /** Fulfils when it takes connections. What an earlier process of this upstream knew, it knows too. */
  async start(): Promise<void> {
    const { host, port, journalPath, certificates: by } = this.options;
    const tls =
      by === undefined ? [] : [by.server.certFile, by.server.keyFile, by.stranger.certFile, by.stranger.keyFile];
    this.#child = forkModule("chaos-upstream.ts", [host, String(port), journalPath, ...tls]);
    await nextMessage(this.#child);
  }

  /** Fulfils when it does so. */
  async enter(mode: UpstreamMode): Promise<void> {
    const child = this.#running();
    const set = nextMessage(child);
    child.send(mode);
    await set;
  }

  /** Its connections stay, and so does what arrives; nothing is read. */
  freeze(): void {
    this.#running().kill("SIGSTOP");
  }

  thaw(): void {
    this.#running().kill("SIGCONT");
  }

  /** SIGKILL: whatever it was doing, it does no more. */
  async kill(): Promise<void> {
    if (this.#child !== undefined) {
      await kill(this.#child);
    }
  }

  #running(): ChildProcess {
    if (this.#child === undefined || !isRunning(this.#child)) {
      throw new Error("the upstream is not running");
    }
    return this.#child;
  }
}
