import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** A process that was started here, and ends with this one at the latest. */
export interface Child {
  readonly pid: number;
  /** Asks it to end, and makes it end where it has not within five seconds. */
  stop(): Promise<void>;
}

export interface CommandOptions {
  /** The core that it may use; any where undefined. */
  readonly core: number | undefined;
  /** Its whole environment besides PATH. */
  readonly env?: Readonly<Record<string, string>>;
}

const running = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of running) {
    child.kill("SIGKILL");
  }
});

/**
 * Starts a server, and fulfils when its port on loopback takes connections, with
 * how long that took in milliseconds. Its standard output is thrown away; what it
 * says on standard error is shown. Rejects where it ends, or is not up after 30
 * seconds.
 */
export async function startServer(
  command: readonly string[],
  port: number,
  options: CommandOptions,
): Promise<{ readonly child: Child; readonly readyMs: number }> {
  const startedAt = performance.now();
  const process = start(command, "ignore", options);
  const { pid } = process;
  while (pid !== undefined && !(await takesConnections(port))) {
    if (process.exitCode !== null || process.signalCode !== null || performance.now() - startedAt > 30_000) {
      await stop(process);
      throw new Error(`did not start: ${command.join(" ")}`);
    }
    await sleep(2);
  }
  if (pid === undefined) {
    throw new Error(`can't be run: ${command.join(" ")}`);
  }
  return { child: { pid, stop: () => stop(process) }, readyMs: performance.now() - startedAt };
}

/** Runs a program to its end and fulfils with its standard output. Rejects where it ends with anything but 0. */
export async function runToEnd(command: readonly string[], options: CommandOptions): Promise<string> {
  const process = start(command, "pipe", options);
  let output = "";
  process.stdout?.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  const [exitCode] = await once(process, "close");
  if (exitCode !== 0) {
    throw new Error(`${command[0]} ended with ${exitCode}: ${output}`);
  }
  return output;
}

function start(
  command: readonly string[],
  stdout: "ignore" | "pipe",
  { core, env = {} }: CommandOptions,
): ChildProcess {
  // taskset replaces itself by the program: the process id is the program's.
  const [file = "", ...args] = core === undefined ? command : ["taskset", "-c", String(core), ...command];
  const child = spawn(file, args, {
    stdio: ["ignore", stdout, "inherit"],
    env: { PATH: process.env.PATH ?? "", ...env },
  });
  running.add(child);
  child.once("close", () => running.delete(child));
  return child;
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) {
    return;
  }
  const ended = once(child, "close");
  child.kill("SIGTERM");
  const impatience = setTimeout(() => child.kill("SIGKILL"), 5_000);
  await ended;
  clearTimeout(impatience);
}

function takesConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
