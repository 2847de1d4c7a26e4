import { spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** Commands that prove one thing together. All are run, and all have to succeed. */
export interface Step {
  readonly name: string;
  readonly commands: readonly (readonly string[])[];
  /** A program that not every machine has: where it is not on PATH the step is skipped. */
  readonly needs?: string;
}

export interface StepCounts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/**
 * Runs the steps one after the other, whatever becomes of those before. Writes a
 * line for each with the time it took, and below a failed one all that it printed.
 */
export async function runSteps(steps: readonly Step[], write: (text: string) => void): Promise<StepCounts> {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  const width = Math.max(...steps.map(({ name }) => name.length));
  for (const { name, commands, needs } of steps) {
    write(`${name.padEnd(width)}  `);
    if (needs !== undefined && !isOnPath(needs)) {
      counts.skipped += 1;
      write(`SKIPPED: ${needs} is not installed\n`);
      continue;
    }
    const startedAt = performance.now();
    const failures: string[] = [];
    for (const command of commands) {
      failures.push(...(await failureOf(command)));
    }
    counts[failures.length === 0 ? "passed" : "failed"] += 1;
    const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
    write(failures.length === 0 ? `ok      ${seconds} s\n` : `FAILED  ${seconds} s\n${failures.join("")}`);
  }
  return counts;
}

/** The command with what it printed and how it ended; nothing where it ended with 0. */
function failureOf(command: readonly string[]): Promise<string[]> {
  const [program = "", ...args] = command;
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
    const output: Buffer[] = [];
    const fail = (ending: string) => resolve([`$ ${command.join(" ")}\n${Buffer.concat(output)}(${ending})\n`]);
    child.stdout.on("data", (chunk: Buffer) => output.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => output.push(chunk));
    child.once("error", ({ message }) => fail(message));
    child.once("close", (code, signal) => (code === 0 ? resolve([]) : fail(`ended with ${code ?? signal}`)));
  });
}

function isOnPath(program: string): boolean {
  return (process.env.PATH ?? "").split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
