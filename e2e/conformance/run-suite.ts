import { join } from "node:path";
import { inRepository } from "../src/repository.ts";
import { runCommand } from "../src/run-command.ts";

const here = inRepository("e2e/conformance");
const suitePackage = "connectrpc.com/conformance/cmd/connectconformance";
/** Below a folder that git ignores. Go itself knows what has to be built again. */
const program = inRepository("node_modules/.cache/conformance/connectconformance");
const descriptors = inRepository("node_modules/.cache/conformance/suite.binpb");
/** No more than this runs at a time, or deadlines pass while a busy machine starts servers. */
const limits = ["--max-servers", "2", "--parallel", "4"];

/** How unary calls are served: by the lean door and, what it leaves, by the router; or all by the router. */
export type Door = "lean" | "router";

export interface SuiteResult {
  readonly exitCode: number | null;
  /** How many cases ran. */
  readonly cases: number;
  readonly passed: number;
  /** All that the suite said: each case that failed, and why. */
  readonly report: string;
}

/**
 * Builds the suite at the version that go.mod names, whose checksums, and those of all
 * that it is built of, are in go.sum; and describes its protos, which come with it.
 */
export async function buildSuite(): Promise<void> {
  await succeed("go", ["build", "-mod=readonly", "-o", program, suitePackage]);
  const folder = await succeed("go", ["list", "-mod=readonly", "-m", "-f", "{{.Dir}}", "connectrpc.com/conformance"]);
  await succeed(inRepository("node_modules/.bin/buf"), ["build", join(folder.trim(), "proto"), "-o", descriptors]);
}

/** Runs the suite against a server of ours. */
export async function runSuite(door: Door): Promise<SuiteResult> {
  const options = ["--mode", "server", "--conf", "features.yaml", "--known-failing", "@known-failing.txt", ...limits];
  const server = [process.execPath, "--conditions=@verigate/source", join(here, "server.ts"), descriptors, door];
  const { exitCode, stdout, stderr } = await run(program, [...options, "--", ...server]);
  const report = `${stdout}${stderr}`;
  return {
    exitCode,
    cases: Number(/^Total cases: (\d+)/m.exec(report)?.[1] ?? 0),
    passed: Number(/^(\d+) passed/m.exec(report)?.[1] ?? 0),
    report,
  };
}

async function succeed(file: string, args: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await run(file, args);
  if (exitCode !== 0) {
    throw new Error(`${file} ${args.join(" ")} ended with ${exitCode}:\n${stderr}`);
  }
  return stdout;
}

/** In the folder of go.mod, and where Go finds its caches. */
function run(file: string, args: readonly string[]): ReturnType<typeof runCommand> {
  const env = Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return runCommand(file, args, { cwd: here, env: Object.fromEntries(env) });
}
