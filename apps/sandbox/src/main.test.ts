import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { expect, it, onTestFinished } from "vitest";
import { startSandbox } from "./sandbox-under-test.ts";

type Command = ChildProcessByStdio<null, Readable, Readable>;

function run(env: Record<string, string>, ...args: string[]): Command {
  const main = fileURLToPath(new URL("main.ts", import.meta.url));
  const command = spawn(process.execPath, [main, ...args], { env, stdio: ["ignore", "pipe", "pipe"] });
  onTestFinished(() => void command.kill("SIGKILL"));
  return command;
}

async function outcome(command: Command): Promise<[number | null, string]> {
  const exit = once(command, "exit");
  const reason = await text(command.stderr);
  const [code] = await exit;
  return [code, reason];
}

async function greetedUrl(command: Command): Promise<string> {
  const [greeting] = await once(command.stdout, "data");
  return /http:\/\/127\.0\.0\.1:\d+/.exec(String(greeting))?.[0] ?? "";
}

it.each(["SIGTERM", "SIGINT"] as const)("says where it listens, and %s ends it with 0", async (signal) => {
  const command = run({ VERIGATE_SANDBOX_LISTEN: "127.0.0.1:0" });
  const url = await greetedUrl(command);
  expect(await (await fetch(`${url}/sandbox/v1/messages`)).text()).toBe('{"messages":[]}');
  const ended = outcome(command);
  command.kill(signal);
  expect(await ended).toEqual([0, ""]);
});

it("an answer that is delayed does not hold up its end", async () => {
  const command = run({ VERIGATE_SANDBOX_LISTEN: "127.0.0.1:0" });
  const url = await greetedUrl(command);
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify({ call: "any", delay_ms: 600_000 });
  await fetch(`${url}/sandbox/v1/faults`, { method: "POST", headers, body });
  const delayed = fetch(`${url}/v1/service/service/none`).catch((error: Error) => error.message);
  const log = async () => (await fetch(`${url}/sandbox/v1/requests`)).text();
  await expect.poll(log, { timeout: 10_000 }).toContain('"status":401');
  const ended = outcome(command);
  command.kill("SIGTERM");
  expect([await ended, await delayed]).toEqual([[0, ""], "fetch failed"]);
});

it("bad settings end it with 78 and a line for each", async () => {
  const [code, reason] = await outcome(run({ VERIGATE_SANDBOX_LISTEN: "here", VERIGATE_SANDBOX_ACCOUNT: "me" }));
  expect([code, reason.match(/^VERIGATE_SANDBOX_\w+: .*$/gm)?.length, reason.split("\n").length]).toEqual([78, 2, 3]);
});

it("a host beyond loopback and an unknown flag end it with 78 and one line", async () => {
  const beyond = await outcome(run({ VERIGATE_SANDBOX_LISTEN: "0.0.0.0:0" }));
  expect(beyond).toEqual([78, expect.stringMatching(/^0\.0\.0\.0 is not .*--allow-beyond-loopback\n$/)]);
  expect(await outcome(run({}, "--nothing"))).toEqual([78, expect.stringMatching(/^.*--nothing.*\n$/)]);
});

it("a port in use ends it with 1 and one line", async () => {
  const { url } = await startSandbox();
  const { host } = new URL(url);
  expect(await outcome(run({ VERIGATE_SANDBOX_LISTEN: host }))).toEqual([1, expect.stringMatching(/^.*in use.*\n$/)]);
});
