import { once } from "node:events";
import { connect } from "node:net";
import { expect, it } from "vitest";
import { createSandbox } from "./sandbox.ts";
import { SandboxOptionsError } from "./sandbox-options.ts";
import { rawExchange, startSandbox } from "./sandbox-under-test.ts";

/** How long an event in the sandbox may take on a busy machine. */
const patience = { timeout: 10_000 };
const paths = ["/", "/outbox.js", "/sandbox/v1/messages", "/v1/service/service/none", "/nothing"];

it.each(paths)("a foreign host name is refused for %s", async (path) => {
  const { url } = await startSandbox();
  for (const host of ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "notlocalhost", ""]) {
    const answer = await rawExchange(url, `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
    expect([host, answer.slice(0, 12)]).toEqual([host, "HTTP/1.1 421"]);
  }
});

it("loopback names are answered with any port", async () => {
  const { url } = await startSandbox();
  for (const host of ["localhost", "LOCALHOST:1", "a.localhost:9", "127.0.0.1:7", "[::1]", "[::1]:8025"]) {
    const request = `GET /sandbox/v1/messages HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;
    expect([host, (await rawExchange(url, request)).slice(0, 12)]).toEqual([host, "HTTP/1.1 200"]);
  }
});

it("the names it was told are answered too", async () => {
  const { url } = await startSandbox({ hostNames: ["Verigate-Sandbox"] });
  const request = "GET /sandbox/v1/messages HTTP/1.1\r\nHost: verigate-sandbox:8025\r\nConnection: close\r\n\r\n";
  expect(await rawExchange(url, request)).toContain("HTTP/1.1 200");
});

it("a host beyond loopback is refused unless it was allowed", async () => {
  for (const host of ["0.0.0.0", "::", "example.com", "127.example.com"]) {
    expect(() => createSandbox({ host })).toThrow(SandboxOptionsError);
  }
  await startSandbox({ host: "0.0.0.0", allowBeyondLoopback: true });
});

it("a port in use is an error of listen", async () => {
  const { url } = await startSandbox();
  const second = createSandbox({ port: Number(new URL(url).port) });
  await expect(second.listen()).rejects.toMatchObject({ code: "EADDRINUSE" });
  await second.close();
});

it("close cuts idle, half-open and delayed connections, and the port is free again", async () => {
  const sandbox = createSandbox({ port: 0 });
  const { url } = await sandbox.listen();
  const port = Number(new URL(url).port);
  const halfOpen = connect(port, "127.0.0.1");
  halfOpen.write("POST /v1/service/service HTTP/1.1\r\n");
  const fault = JSON.stringify({ call: "any", delay_ms: 600_000 });
  const headers = { "content-type": "application/json" };
  await fetch(`${url}/sandbox/v1/faults`, { method: "POST", headers, body: fault });
  const delayed = fetch(`${url}/v1/service/service/none`);
  delayed.catch(() => undefined);
  const log = async () => (await fetch(`${url}/sandbox/v1/requests`)).text();
  await expect.poll(log, patience).toContain('"getService":1');

  await sandbox.close();
  await expect(delayed).rejects.toThrow();
  if (!halfOpen.closed) await once(halfOpen, "close");
  const next = createSandbox({ port });
  await next.listen();
  await next.close();
  await next.close();
});

it("floods of headers and what is no HTTP get an error and leave the others alone", async () => {
  const { url, api } = await startSandbox();
  const flood = `GET / HTTP/1.1\r\nHost: localhost\r\n${`X: ${"x".repeat(1_000)}\r\n`.repeat(20)}\r\n`;
  expect(await rawExchange(url, flood)).toContain("HTTP/1.1 431");
  expect(await rawExchange(url, "\u0016\u0003\u0001\r\n\r\n")).toContain("HTTP/1.1 400");
  expect((await api("GET", "/v1/service/service/none")).status).toBe(404);
});

it("a sender who leaves in the middle of a body is no error of the sandbox", async () => {
  const { url, api, control } = await startSandbox();
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.write("POST /v1/service/service HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n{");
  await expect.poll(async () => (await control("GET", "requests")).json.requests.length, patience).toBe(1);
  socket.destroy();
  expect((await api("GET", "/v1/service/service/none")).status).toBe(404);
});
