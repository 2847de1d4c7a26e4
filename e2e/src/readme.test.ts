import { existsSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { startGateway } from "./gateway-under-test.ts";
import { bufCurlLine, loginLines, readme } from "./readme-lines.ts";
import { inRepository } from "./repository.ts";
import { runCommand } from "./run-command.ts";
import { startSandbox } from "./sandbox-under-test.ts";
import { temporaryFolder } from "./temporary-folder.ts";

/** The README's lines, on other ports. */
async function run(script: string): Promise<{ exitCode: number | null; lines: string[]; stderr: string }> {
  const sandbox = await startSandbox();
  const gateway = await startGateway({ upstream: sandbox, env: { VERIGATE_REFLECTION: "true" } });
  const moved = script
    .replaceAll("localhost:8080", `localhost:${gateway.port}`)
    .replaceAll("localhost:8025", new URL(sandbox.url).host);
  const env = { HOME: temporaryFolder() };
  const { exitCode, stdout, stderr } = await runCommand("bash", ["--norc", "-eu", "-c", moved], {
    cwd: inRepository(""),
    env,
  });
  return { exitCode, lines: stdout.trim().split(/\n|(?<=\})(?=\{)/), stderr };
}

describe("the README", () => {
  test("logs a user in by lines that can be pasted", async () => {
    const { exitCode, lines, stderr } = await run(loginLines);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(JSON.parse(lines.at(-1) ?? "")).toMatchObject({ verified: true, method: "AUTH_METHOD_SMS" });
  });

  test("makes the same call by buf curl", async () => {
    const call = bufCurlLine.replace("npx --yes pnpm@12.21.0 exec buf", "node_modules/.bin/buf");
    const { exitCode, lines, stderr } = await run(`${loginLines}\n${call}`);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(lines.join("\n")).toContain('"name": "Shop"');
  });

  test("links to files that are there", () => {
    const links = [...readme.matchAll(/\]\(([^)#]+)\)/g)].map(([, link = ""]) => link);
    const missing = links.filter((link) => !link.includes("://") && !existsSync(inRepository(link)));
    expect(missing).toEqual([]);
  });
});
