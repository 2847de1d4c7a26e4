import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { onTestFinished } from "vitest";
import { createSandbox } from "./sandbox.ts";
import type { SandboxOptions } from "./sandbox-options.ts";

/** An answer with its body as text and, where it is JSON, as a value. */
export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests assert the value itself
  readonly json: any;
}

/** A sandbox on a real port, and the two ways to talk to it. */
export interface SandboxUnderTest {
  readonly url: string;
  /** Calls the emulated API as the account `sandbox`, or with other headers. A body that is text is sent as it is. */
  api(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Reply>;
  /** Calls the control API; the path is the part after `/sandbox/v1/`. */
  control(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Reply>;
  /** Creates a service, and answers its path. */
  addService(fqdn?: string): Promise<string>;
  /** Creates a service and a user of it, and answers the user's path. */
  addUser(phoneNumber?: string): Promise<string>;
  /** Starts an authentication by SMS, and answers the PIN. */
  sendPin(userPath: string): Promise<string>;
}

/** Starts a sandbox on a free port, with a clock that stands still, until the test ends. */
export async function startSandbox(options: SandboxOptions = {}): Promise<SandboxUnderTest> {
  const startedAtMs = Date.now();
  const sandbox = createSandbox({ port: 0, now: () => startedAtMs, ...options });
  const { url } = await sandbox.listen();
  onTestFinished(() => sandbox.close());

  async function exchange(
    method: string,
    path: string,
    body: unknown,
    headers: Record<string, string>,
  ): Promise<Reply> {
    const bytes = body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) };
    const response = await fetch(url + path, { method, headers, redirect: "manual", ...bytes });
    const received = await response.text();
    const isJson = response.headers.get("content-type") === "application/json";
    const json = isJson ? JSON.parse(received) : undefined;
    return { status: response.status, headers: response.headers, text: received, json };
  }

  const underTest: SandboxUnderTest = {
    url,
    api: (method, path, body, headers = { "x-service-auth": "sandbox:sandbox" }) =>
      exchange(method, path, body, { "content-type": "application/json", ...headers }),
    control: (method, path, body, headers = {}) =>
      exchange(method, `/sandbox/v1/${path}`, body, { "content-type": "application/json", ...headers }),
    async addService(fqdn = "coffeeshop.example") {
      const { json } = await underTest.api("POST", "/v1/service/service", { fqdn, name: "Coffee" });
      return `/v1/service/service/${json.id}`;
    },
    async addUser(phoneNumber = "+3725550100") {
      const service = await underTest.addService();
      const user = { phone_number: phoneNumber, id_in_service: "ada@example.com" };
      const { json } = await underTest.api("POST", `${service}/users`, user);
      return `${service}/users/${json.id}`;
    },
    async sendPin(userPath) {
      await underTest.api("POST", `${userPath}/auth`, { method: "sms" });
      const { json } = await underTest.control("GET", "messages");
      return json.messages[0].pin;
    },
  };
  return underTest;
}

/** Sends `request` as it is, and answers everything that came back until the connection was closed. */
export async function rawExchange(url: string, request: string): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.write(request);
  return text(socket);
}
