import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { onTestFinished } from "vitest";
import { eventually } from "./eventually.ts";
import { inRepository } from "./repository.ts";
import { type CommandResult, runCommand } from "./run-command.ts";

type Env = Readonly<Record<string, string>>;

const nodeArgs = ["--conditions=@verigate/source"];
const main = inRepository("apps/gateway/src/main.ts");

/** Runs `verigate <args>` to its end. */
export function verigate(args: readonly string[], env: Env): Promise<CommandResult> {
  return runCommand(process.execPath, [...nodeArgs, main, ...args], { env });
}

/** A program that runs until it is told to stop. */
export interface RunningCommand {
  readonly pid: number;
  /** All lines of its standard output so far. */
  readonly lines: readonly string[];
  /** All lines of its standard error so far, which are shown too. */
  readonly errorLines: readonly string[];
  /** What a line of its output matches first, once there is one. An Error where it ends without. */
  said(pattern: RegExp): Promise<RegExpExecArray>;
  kill(signal: NodeJS.Signals): void;
  /** Reads it no more, as a log shipper that ends. */
  closeStandardOutput(): void;
  /** Its exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
}

/** Starts `verigate serve`, which is killed with the test at the latest. */
export function startVerigate(env: Env): RunningCommand {
  return startNode([main, "serve"], env);
}

/** Starts `pnpm start`'s program. */
export function startDevelopment(env: Env): RunningCommand {
  return startNode([inRepository("tooling/start.ts")], env);
}

/** Starts a file of the repository with this Node. */
export function startNode(args: readonly string[], env: Env): RunningCommand {
  return startProgram(process.execPath, [...nodeArgs, ...args], env);
}

/** Starts any program, which is killed with the test at the latest. */
export function startProgram(file: string, args: readonly string[], env: Env): RunningCommand {
  const child: ChildProcessByStdio<null, Readable, Readable> = spawn(file, args, {
    env: { PATH: process.env.PATH ?? "", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const lines: string[] = [];
  const errorLines: string[] = [];
  createInterface({ input: child.stdout }).on("line", (line) => lines.push(line));
  createInterface({ input: child.stderr }).on("line", (line) => errorLines.push(line));
  child.stderr.pipe(process.stderr, { end: false });
  let hasEnded = false;
  const ended = once(child, "close").then(([code, signal]) => {
    hasEnded = true;
    return code ?? signal;
  });
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await ended;
  });
  return {
    pid: child.pid ?? 0,
    lines,
    errorLines,
    said: (pattern) =>
      eventually(() => {
        const found = lines.map((line) => pattern.exec(line)).find((match) => match !== null);
        if (found === undefined && hasEnded) {
          throw new Error(`it ended without saying ${pattern}:\n${lines.join("\n")}`);
        }
        return found;
      }),
    kill: (signal) => {
      child.kill(signal);
    },
    closeStandardOutput: () => child.stdout.destroy(),
    ended,
  };
}
