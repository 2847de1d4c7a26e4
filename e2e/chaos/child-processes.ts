import { type ChildProcess, fork, type Serializable, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { readStartLine } from "../../tooling/start-line.ts";
import { inRepository } from "../src/repository.ts";

const running = new Set<ChildProcess>();
// None outlives this process, not even a stopped one.
process.on("exit", () => {
  for (const child of running) {
    child.kill("SIGKILL");
  }
});

/** Sources of the packages are found by this condition. */
const nodeArgs = ["--conditions=@verigate/source"];
const gatewayMain = inRepository("apps/gateway/src/main.ts");
/** Node's flags that the command itself starts with. */
const { flags: gatewayNodeArgs } = readStartLine();

/** Starts a module of this folder that talks to its parent by messages. */
export function forkModule(name: string, args: readonly string[]): ChildProcess {
  const options = { execArgv: nodeArgs, stdio: ["ignore", "ignore", "inherit", "ipc"] as const, env: {} };
  return remember(fork(new URL(name, import.meta.url), args, { ...options, stdio: [...options.stdio] }));
}

export interface GatewayChildOptions {
  readonly env: Readonly<Record<string, string>>;
  /** A module of this folder that is loaded before the gateway. */
  readonly preload?: string;
  /** A file that takes what it logs. Default: that is thrown away. */
  readonly logPath?: string;
}

/** Starts the gateway's command. What it complains of is shown. */
export function spawnGateway({ env, preload, logPath }: GatewayChildOptions): ChildProcess {
  const imports = preload === undefined ? [] : ["--import", new URL(preload, import.meta.url).href];
  const args = [...nodeArgs, ...gatewayNodeArgs, ...imports, gatewayMain, "serve"];
  const log = logPath === undefined ? "ignore" : openSync(logPath, "a");
  const child = remember(spawn(process.execPath, args, { env, stdio: ["ignore", log, "inherit"] }));
  if (log !== "ignore") {
    closeSync(log);
  }
  return child;
}

/** Starts a program of the machine. What it says is thrown away. */
export function spawnProgram(file: string, args: readonly string[]): ChildProcess {
  return remember(spawn(file, args, { stdio: "ignore" }));
}

export function isRunning(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}

/** Ends it at once, whatever state it is in. */
export async function kill(child: ChildProcess): Promise<void> {
  if (isRunning(child)) {
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
  }
}

/** Fulfils with the next message; rejects where the process ends without one. */
export function nextMessage(child: ChildProcess): Promise<Serializable> {
  return new Promise((resolve, reject) => {
    const onEnd = () => reject(new Error("a process of the run ended by itself"));
    child.once("exit", onEnd);
    child.once("message", (message) => {
      child.off("exit", onEnd);
      resolve(message);
    });
  });
}

function remember(child: ChildProcess): ChildProcess {
  running.add(child);
  child.once("exit", () => running.delete(child));
  return child;
}
