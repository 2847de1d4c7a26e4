import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { type RunningCommand, startProgram } from "./command-under-test.ts";
import { type ContainerSetup, type Process, processOf, runtimeConfig } from "./container-config.ts";
import { type CommandResult, runCommand } from "./run-command.ts";
import { temporaryFolder } from "./temporary-folder.ts";

/** A container that runs until it is told to stop; signals reach its first process. */
export interface ContainerUnderTest extends RunningCommand {
  /** Runs one more program in it, to its end, with the same rights and variables. */
  exec(args: readonly string[]): Promise<CommandResult>;
  /** The first process's number outside of the container. */
  hostPid(): Promise<number>;
  /** In bytes, as the kernel has it. */
  memoryLimit(): Promise<number>;
}

let containers = 0;

/** Starts a container by `runc`, which is removed with the test at the latest. */
export function startContainer(setup: ContainerSetup): ContainerUnderTest {
  const { id, folder, command } = prepare(setup);
  const running = startProgram("runc", command, {});
  const hostPid = async () => {
    const { stdout } = await runCommand("runc", ["--root", folder, "state", id]);
    return (JSON.parse(stdout) as { readonly pid: number }).pid;
  };
  return {
    ...running,
    hostPid,
    memoryLimit: async () => memoryLimitOf(await hostPid()),
    kill: (signal) => {
      spawnSync("runc", ["--root", folder, "kill", id, signal]);
    },
    exec: async (args) => {
      const process = join(folder, "process.json");
      writeFileSync(process, JSON.stringify({ ...processOf(setup), args } satisfies Process));
      return runCommand("runc", ["--root", folder, "exec", "--process", process, id]);
    },
  };
}

/** Runs a container to its end. */
export function runContainer(setup: ContainerSetup): Promise<CommandResult> {
  return runCommand("runc", prepare(setup).command);
}

/** Of a process's control group, by either version of the kernel's interface. */
function memoryLimitOf(pid: number): number {
  const groups = readFileSync(`/proc/${pid}/cgroup`, "utf8");
  const [, old] = /^\d+:memory:(.*)$/m.exec(groups) ?? [];
  const [, unified = ""] = /^0::(.*)$/m.exec(groups) ?? [];
  const file = old === undefined ? `${unified}/memory.max` : `/memory${old}/memory.limit_in_bytes`;
  return Number(readFileSync(join("/sys/fs/cgroup", file), "utf8"));
}

function prepare(setup: ContainerSetup) {
  containers += 1;
  const id = `verigate-test-${process.pid}-${containers}`;
  const folder = temporaryFolder();
  const bundle = join(folder, "bundle");
  mkdirSync(bundle);
  writeFileSync(join(bundle, "config.json"), JSON.stringify(runtimeConfig(id, setup)));
  onTestFinished(() => {
    spawnSync("runc", ["--root", folder, "delete", "--force", id]);
  });
  return { id, folder, command: ["--root", folder, "run", "--bundle", bundle, id] };
}
