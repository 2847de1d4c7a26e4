import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunningCommand, startProgram } from "./command-under-test.ts";
import { envForTest } from "./gateway-under-test.ts";
import { inRepository } from "./repository.ts";
import { rpcClient } from "./rpc-client.ts";
import { type CommandResult, runCommand } from "./run-command.ts";
import { aUser, userOfService } from "./samples.ts";
import { startScriptedUpstream } from "./scripted-upstream.ts";

const readManifest = (path: string) => JSON.parse(readFileSync(path, "utf8"));

/** Where the package is installed; npm's cache there is empty, and knows no other package. */
const folder = mkdtempSync(join(tmpdir(), "vg-packed-"));
/** This Node comes first, as it does in a script of the repository. */
const path = `${dirname(process.execPath)}${delimiter}${process.env.PATH}`;
const installed = join(folder, "node_modules/verigate");
/** Nothing of this machine's settings, and no question whether there is a newer npm. */
const alone = { PATH: path, HOME: folder, npm_config_update_notifier: "false" };

beforeAll(async () => {
  const { packageManager } = readManifest(inRepository("package.json"));
  // pnpm is set by variables, too: where packages come from, for one.
  const env = { ...(process.env as Record<string, string>), PATH: path };
  const pack = ["--filter", "@verigate/gateway", "pack", "--pack-destination", folder];
  await succeed("npx", ["--yes", packageManager, ...pack], { cwd: inRepository(""), env });
  const [tarball = ""] = readdirSync(folder).filter((name) => name.endsWith(".tgz"));
  await npm("init", "--yes");
  await npm("install", "--offline", "--no-audit", "--no-fund", `./${tarball}`);
}, 180_000);
afterAll(() => rmSync(folder, { recursive: true }));

function npm(...args: string[]): Promise<CommandResult> {
  return succeed("npm", args, { cwd: folder, env: alone });
}

async function succeed(
  file: string,
  args: string[],
  options: Parameters<typeof runCommand>[2],
): Promise<CommandResult> {
  const result = await runCommand(file, args, options);
  if (result.exitCode !== 0) {
    throw new Error(`${file} ${args.join(" ")} ended with ${result.exitCode}: ${result.stdout}${result.stderr}`);
  }
  return result;
}

/** `npx verigate`, to its end. */
function verigate(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<CommandResult> {
  return runCommand("npx", ["--no-install", "verigate", ...args], {
    cwd: folder,
    env: { ...alone, ...env },
  });
}

/** The command as npm linked it, without npx around it, which would keep signals to itself. */
function startInstalled(upstream: string, env: Readonly<Record<string, string>> = {}): RunningCommand {
  return startProgram(join(folder, "node_modules/.bin/verigate"), ["serve"], {
    PATH: path,
    ...envForTest(upstream),
    VERIGATE_LOG_LEVEL: "info",
    ...env,
  });
}

test("the package needs no other, and no network to be installed", () => {
  expect(readdirSync(join(folder, "node_modules")).filter((name) => !name.startsWith("."))).toEqual(["verigate"]);
  const manifest = readManifest(join(installed, "package.json"));
  expect(Object.keys(manifest).filter((key) => key.includes("ependencies") || key === "scripts")).toEqual([]);
  expect(manifest.version).toBe(readManifest(inRepository("apps/gateway/package.json")).version);
});

test("it brings its licence, and those of all packages that are in its files", () => {
  const licenses = readFileSync(join(installed, "third-party-licenses.txt"), "utf8");
  const mapped = readdirSync(installed)
    .filter((name) => name.endsWith(".map"))
    .flatMap((name) => readManifest(join(installed, name)).sources as string[])
    .map((source) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(source)?.[1])
    .filter((name) => name !== undefined);
  expect(mapped).toContain("undici");
  expect(
    [...new Set(mapped)].filter((name) => !licenses.includes(`\n${name} `) && !licenses.startsWith(`${name} `)),
  ).toEqual([]);
  expect(statSync(join(installed, "LICENSE")).size).toBeGreaterThan(10_000);
});

test.each(["22.21.0", "24.6.0"])("Node %s is told in one line that it is too old", async (version) => {
  const { engines } = readManifest(join(installed, "package.json"));
  const older = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } })`;
  const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(older)}` };
  expect(await verigate(["serve"], env)).toMatchObject({
    exitCode: 1,
    stdout: "",
    stderr: `verigate: needs Node ${engines.node.slice(">=".length)} or later; this is ${version}\n`,
  });
});

test("npx verigate --version is the package's", async () => {
  const { version } = readManifest(join(installed, "package.json"));
  expect(await verigate(["--version"])).toEqual({ exitCode: 0, stdout: `${version}\n`, stderr: "" });
});

test("npx verigate config shows the settings in force, and says in one line which secret is missing", async () => {
  const account = { MESSENTE_API_USERNAME: "shop", MESSENTE_API_PASSWORD: "tell-nobody" };
  const { stdout, exitCode } = await verigate(["config"], account);
  expect([exitCode, stdout.includes("127.0.0.1:8080"), stdout.includes("tell-nobody")]).toEqual([0, true, false]);
  expect(await verigate(["config"], { MESSENTE_API_USERNAME: "shop" })).toEqual({
    exitCode: 78,
    stdout: "",
    stderr: expect.stringMatching(/^verigate: MESSENTE_API_PASSWORD: [^\n]+\n$/),
  });
});

test("the installed command serves, and ends with 0 on SIGTERM", async () => {
  const upstream = await startScriptedUpstream({ status: 200, body: aUser });
  const command = startInstalled(upstream.url);
  const [, authority = ""] = await command.said(/"address":"(127\.0\.0\.1:\d+)"/);
  expect((await rpcClient({ authority }, "grpc").users.getUser(userOfService)).user?.idInService).toBe("anna");
  command.kill("SIGTERM");
  expect(await command.ended).toBe(0);
});

test("health, which is run every few seconds, loads nothing of the server", async () => {
  const without = mkdtempSync(join(folder, "health-"));
  for (const name of ["main.js", "command.js", "check-health.js", "package.json"]) {
    writeFileSync(join(without, name), readFileSync(join(installed, name)));
  }
  const { exitCode, stderr } = await runCommand(process.execPath, [join(without, "main.js"), "health"], {
    env: { VERIGATE_ADMIN_LISTEN: "127.0.0.1:1" },
  });
  expect([exitCode, stderr]).toEqual([1, expect.stringContaining("can't be asked")]);
});
