import { spawnSync } from "node:child_process";
import { type TestAPI, test } from "vitest";

/** A program of the machine that some tests need and Node does not bring. */
export interface RealThing {
  readonly name: string;
  /** What has to be installed. */
  readonly install: string;
  /** A command that succeeds where it is there. */
  readonly probe: readonly [file: string, ...args: string[]];
}

export const openssl: RealThing = { name: "openssl", install: "openssl", probe: ["openssl", "version"] };

export const pythonGrpc: RealThing = {
  name: "Debian's python grpcio",
  install: "python3-grpcio python3-protobuf",
  probe: ["/usr/bin/python3", "-c", "import grpc, google.protobuf"],
};

/**
 * `test` where the real thing is there. Where it is not, the test is skipped, and
 * says so; with VERIGATE_REQUIRE_REAL=1 it fails instead.
 */
export function testWith({ name, install, probe }: RealThing): TestAPI | TestAPI["skip"] {
  const [file, ...args] = probe;
  if (spawnSync(file, args, { stdio: "ignore" }).status === 0) {
    return test;
  }
  const problem = `${name} is missing: install ${install}`;
  if (process.env.VERIGATE_REQUIRE_REAL === "1") {
    throw new Error(`${problem} (VERIGATE_REQUIRE_REAL=1 makes a skip a failure)`);
  }
  process.stderr.write(`\nSKIPPED, because ${problem}\n\n`);
  return test.skip;
}
