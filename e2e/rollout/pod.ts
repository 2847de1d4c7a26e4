import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { type GatewayProcess, startGatewayProcess } from "../chaos/gateway-process.ts";
import { longPace } from "../chaos/pace.ts";
import { temporaryFolder } from "../src/temporary-folder.ts";
import { AppProcess } from "./app-process.ts";

/** Of each try of the app, in milliseconds. */
const deadlineMs = 3_000;

/**
 * An app and its sidecar, run as a kubelet runs a native sidecar (Kubernetes 1.29
 * on): an init container that is restarted whenever it ends, started before the
 * app and told to end after it. All processes end with the test at the latest.
 */
export class Pod {
  /** On the volume that both containers share. It outlives the containers. */
  readonly socketPath: string = join(temporaryFolder(), "gateway.sock");
  readonly #logPath: string = join(temporaryFolder(), "log");
  readonly #env: Readonly<Record<string, string>>;
  #sidecar: GatewayProcess | undefined;
  #app: AppProcess | undefined;

  /** `env`: settings of the sidecar. */
  constructor(env: Readonly<Record<string, string>>) {
    this.#env = env;
  }

  get app(): AppProcess {
    return running(this.#app);
  }

  /** Starts the sidecar, and fulfils when its startup probe, `GET /readyz` on the admin port, has succeeded. */
  async startSidecar(): Promise<void> {
    this.#sidecar = await startGatewayProcess({
      env: { ...longPace(1, 1).env, ...this.#env, VERIGATE_LISTEN: `unix:${this.socketPath}` },
      logPath: this.#logPath,
    });
    const { kill } = this.#sidecar;
    onTestFinished(kill);
  }

  startApp(): void {
    const app = new AppProcess(`unix:${this.socketPath}`, deadlineMs);
    this.#app = app;
    onTestFinished(() => app.kill());
  }

  /** SIGTERM for the sidecar. Fulfils with its exit code. */
  stopSidecar(): Promise<number | NodeJS.Signals> {
    return running(this.#sidecar).stop();
  }

  /** SIGKILL for the sidecar. */
  killSidecar(): Promise<void> {
    return running(this.#sidecar).kill();
  }

  /** Whether there is something at the path of the socket, served or not. */
  hasSocket(): boolean {
    return existsSync(this.socketPath);
  }

  /** What the sidecar has logged, one word a line: the message. */
  log(): readonly string[] {
    const lines = readFileSync(this.#logPath, "utf8").trimEnd().split("\n");
    return lines.map((line) => (JSON.parse(line) as { msg: string }).msg);
  }
}

function running<Process>(process: Process | undefined): Process {
  if (process === undefined) {
    throw new Error("it was not started");
  }
  return process;
}
