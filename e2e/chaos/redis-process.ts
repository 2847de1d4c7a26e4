import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { isRunning, kill, spawnProgram } from "./child-processes.ts";

export interface RedisOptions {
  readonly port: number;
  /** Takes the file that it keeps its data in. */
  readonly folder: string;
}

const startMsMax = 10_000;

/**
 * A Redis server that hands what it is told to the operating system before it
 * answers, so that a SIGKILL loses nothing. It does not wait for the disk, whose
 * other users would show in the figures; only a crash of the machine makes a difference.
 */
export class RedisProcess {
  readonly options: RedisOptions;
  #child: ChildProcess | undefined;

  constructor(options: RedisOptions) {
    this.options = options;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.options.port}`;
  }

  /** Fulfils when it answers. It knows what an earlier process of this server knew. */
  async start(): Promise<void> {
    const { port, folder } = this.options;
    const child = spawnProgram("redis-server", [
      ...["--port", String(port), "--bind", "127.0.0.1", "--dir", folder, "--save", ""],
      ...["--appendonly", "yes", "--appendfsync", "no", "--maxmemory-policy", "noeviction"],
    ]);
    this.#child = child;
    const startedAtMs = performance.now();
    while (!(await answers(port))) {
      if (!isRunning(child) || performance.now() - startedAtMs > startMsMax) {
        await kill(child);
        throw new Error("the Redis server did not start");
      }
      await sleep(10);
    }
  }

  /** Its connections stay, and so does what arrives; nothing is read. */
  freeze(): void {
    this.#child?.kill("SIGSTOP");
  }

  thaw(): void {
    this.#child?.kill("SIGCONT");
  }

  async kill(): Promise<void> {
    if (this.#child !== undefined) {
      await kill(this.#child);
    }
  }
}

/** Whether a PING is answered with a PONG: while it reads its file, it says LOADING. */
async function answers(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  try {
    socket.write("PING\r\n");
    const [answer] = await once(socket, "data");
    return String(answer).startsWith("+PONG");
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
