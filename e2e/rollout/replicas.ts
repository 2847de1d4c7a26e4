import { readFileSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { type GatewayProcess, startGatewayProcess } from "../chaos/gateway-process.ts";
import { longPace } from "../chaos/pace.ts";
import { freePort } from "../src/free-port.ts";
import { temporaryFolder } from "../src/temporary-folder.ts";
import type { BalancedServer } from "./haproxy-under-test.ts";

/** A gateway of its own process, at a place that is known before it runs. */
export class Replica implements BalancedServer {
  readonly name: string;
  readonly port: number;
  readonly adminPort: number;
  readonly #logPath: string;
  #process: GatewayProcess | undefined;

  constructor(name: string, port: number, adminPort: number) {
    this.name = name;
    this.port = port;
    this.adminPort = adminPort;
    this.#logPath = join(temporaryFolder(), "log");
  }

  /** Fulfils when it is ready. It ends with the test at the latest. */
  async start(env: Readonly<Record<string, string>>): Promise<void> {
    this.#process = await startGatewayProcess({
      env: {
        ...longPace(1, 1).env,
        // A machine that is busy makes no repeats and no failures of its own.
        VERIGATE_RETRY_ATTEMPTS: "1",
        VERIGATE_ATTEMPT_TIMEOUT: "8s",
        VERIGATE_UNSAFE_ATTEMPT_TIMEOUT: "8s",
        ...env,
        VERIGATE_LISTEN: `127.0.0.1:${this.port}`,
        VERIGATE_ADMIN_LISTEN: `127.0.0.1:${this.adminPort}`,
      },
      logPath: this.#logPath,
    });
    const { kill } = this.#process;
    onTestFinished(kill);
  }

  /** SIGTERM. Fulfils with the exit code when it has ended. */
  async stop(): Promise<number | NodeJS.Signals | undefined> {
    return this.#process?.stop();
  }

  /** Calls that it has answered, by its own log. */
  served(): number {
    return readFileSync(this.#logPath, "utf8").split('"msg":"rpc"').length - 1;
  }
}

/** Replicas on free ports, none of which runs. */
export function newReplicas<const Names extends readonly string[]>(
  ...names: Names
): Promise<{ readonly [Index in keyof Names]: Replica }>;
export async function newReplicas(...names: readonly string[]): Promise<readonly Replica[]> {
  return Promise.all(names.map(async (name) => new Replica(name, await freePort(), await freePort())));
}
