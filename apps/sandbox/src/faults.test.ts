import { expect, it } from "vitest";
import { startSandbox } from "./sandbox-under-test.ts";

/** How long an event in the sandbox may take on a busy machine. */
const patience = { timeout: 10_000 };
const services = "/v1/service/service";
const newService = { fqdn: "tea.example", name: "Tea" };

it("a status and a JSON body replace the answer, and the request takes no effect", async () => {
  const { api, control } = await startSandbox();
  await control("POST", "faults", { call: "createService", status: 500, body: { message: "no" } });
  const faulty = await api("POST", services, newService);
  expect([faulty.status, faulty.json]).toEqual([500, { message: "no" }]);
  expect((await api("POST", services, newService)).status).toBe(201);
});

it("a body that is text is sent as it is, under the headers given", async () => {
  const { api, control } = await startSandbox();
  const headers = { "Content-Type": "text/html", "X-Proxy": "yes" };
  await control("POST", "faults", { call: "createService", status: 502, headers, body: "<h1>Bad gateway</h1>" });
  const { status, text, headers: received } = await api("POST", services, newService);
  expect([status, text]).toEqual([502, "<h1>Bad gateway</h1>"]);
  expect([received.get("content-type"), received.get("x-proxy")]).toEqual(["text/html", "yes"]);
});

it("headers alone are added to the real answer", async () => {
  const { api, control } = await startSandbox();
  await control("POST", "faults", { call: "createService", headers: { "retry-after": "3" } });
  const reply = await api("POST", services, newService);
  expect([reply.status, reply.headers.get("retry-after"), reply.json.name]).toEqual([201, "3", "Tea"]);
});

it("a status of its own can hide that the request took effect", async () => {
  const { api, control } = await startSandbox();
  await control("POST", "faults", { call: "createService", status: 503, carry_out: true });
  expect((await api("POST", services, newService)).status).toBe(503);
  expect((await api("POST", services, newService)).status).toBe(409);
});

it("an answer can be larger than anybody wants to read", async () => {
  const { api, control } = await startSandbox();
  await control("POST", "faults", { call: "createService", body_bytes: 50_000_000 });
  expect((await api("POST", services, newService)).text.length).toBe(50_000_000);
});

it("a 204 has no body, whatever was asked for", async () => {
  const { api, control } = await startSandbox();
  await control("POST", "faults", { call: "createService", status: 204, body: "text" });
  const reply = await api("POST", services, newService);
  expect([reply.status, reply.text, reply.headers.get("content-length")]).toEqual([204, "", null]);
});

it("a reset before reading drops the request; it is in the log without body and status", async () => {
  const { api, control } = await startSandbox();
  await control("POST", "faults", { call: "createService", reset: "before" });
  await expect(api("POST", services, newService)).rejects.toMatchObject({ cause: { code: "ECONNRESET" } });
  const [logged] = (await control("GET", "requests")).json.requests;
  expect(logged).toMatchObject({ call: "createService", body: null, status: null });
  expect((await api("POST", services, newService)).status).toBe(201);
});

it("a reset after reading loses the answer of a request that took effect", async () => {
  const { api, control } = await startSandbox();
  await control("POST", "faults", { call: "createService", reset: "after" });
  await expect(api("POST", services, newService)).rejects.toMatchObject({ cause: { code: "ECONNRESET" } });
  const [logged] = (await control("GET", "requests")).json.requests;
  expect(logged).toMatchObject({ call: "createService", body: newService, status: null });
  expect((await api("POST", services, newService)).status).toBe(409);
});

it("a reset after reading can also lose the request", async () => {
  const { api, control } = await startSandbox();
  await control("POST", "faults", { call: "createService", reset: "after", carry_out: false });
  await expect(api("POST", services, newService)).rejects.toThrow();
  expect((await api("POST", services, newService)).status).toBe(201);
});

it("half a body is less than was promised", async () => {
  const { url, control } = await startSandbox();
  const fault = { call: "createService", status: 200, body: "0123456789", half_body: true };
  await control("POST", "faults", fault);
  const response = await fetch(url + services, { method: "POST" });
  expect([response.status, response.headers.get("content-length")]).toEqual([200, "10"]);
  const received = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  expect(await received?.read()).toEqual({ done: false, value: "01234" });
  await expect(received?.read()).rejects.toThrow("terminated");
});

it("half of an empty body is a cut answer too", async () => {
  const { api, control, addService } = await startSandbox();
  const service = await addService();
  await control("POST", "faults", { call: "deleteService", half_body: true });
  await expect(api("DELETE", service)).rejects.toThrow("terminated");
  expect((await api("GET", service)).status).toBe(404);
});

it("a delayed call takes effect at once and is answered later", async () => {
  const { url, api, control } = await startSandbox();
  await control("POST", "faults", { call: "createService", delay_ms: 600_000 });
  const gone = new AbortController();
  const headers = { "x-service-auth": "sandbox:sandbox" };
  const init = { method: "POST", headers, body: JSON.stringify(newService), signal: gone.signal };
  const delayed = fetch(url + services, init);
  await expect.poll(async () => (await control("GET", "requests")).json.requests[0]?.status, patience).toBe(201);
  expect((await api("POST", services, newService)).status).toBe(409);
  gone.abort();
  await expect(delayed).rejects.toThrow("aborted");
});

it("a short delay ends in the real answer", async () => {
  const { api, control } = await startSandbox();
  await control("POST", "faults", { call: "createService", delay_ms: 1 });
  expect((await api("POST", services, newService)).status).toBe(201);
});

it("a fault happens to its own call only, as often as it says, in the order of adding", async () => {
  const { api, control } = await startSandbox();
  await control("POST", "faults", { call: "getService", status: 500, times: 2 });
  expect((await api("GET", `${services}/none/users`)).status).toBe(404);
  await control("POST", "faults", { call: "any", status: 502 });
  expect((await control("GET", "faults")).json.faults).toMatchObject([{ times: 2 }, { call: "any", times: 1 }]);
  const statuses = [];
  for (let index = 0; index < 4; index += 1) statuses.push((await api("GET", `${services}/none`)).status);
  expect(statuses).toEqual([500, 500, 502, 404]);
  expect((await control("GET", "faults")).json).toEqual({ faults: [] });
});

it("faults can be taken back without losing the rest of the state", async () => {
  const { api, control, addService } = await startSandbox();
  const service = await addService();
  await control("POST", "faults", { call: "any", status: 500, times: 1_000 });
  await control("DELETE", "faults");
  expect((await api("GET", service)).status).toBe(200);
});

it("100 faults are remembered, and the next is refused", async () => {
  const { control } = await startSandbox();
  for (let index = 0; index < 100; index += 1) await control("POST", "faults", { call: "any", status: 500 });
  const refused = await control("POST", "faults", { call: "any", status: 500 });
  expect([refused.status, refused.json.error.message]).toEqual([409, expect.stringContaining("100 faults")]);
});

it.each([
  [{}, "call"],
  [{ call: "nothing" }, "call"],
  [{ call: "any", status: 199 }, "status"],
  [{ call: "any", status: "500" }, "status"],
  [{ call: "any", headers: { "a b": "c" } }, "headers"],
  [{ call: "any", headers: { a: "b\r\nc: d" } }, "headers"],
  [{ call: "any", headers: { "Content-Length": "7" } }, "headers"],
  [{ call: "any", body_bytes: 64 * 1024 * 1024 + 1 }, "body_bytes"],
  [{ call: "any", body: "a", body_bytes: 1 }, "body_bytes"],
  [{ call: "any", delay_ms: -1 }, "delay_ms"],
  [{ call: "any", reset: "during" }, "reset"],
  [{ call: "any", reset: "after", half_body: true }, "half_body"],
  [{ call: "any", reset: "before", carry_out: true }, "carry_out"],
  [{ call: "any", times: 0 }, "times"],
])("the fault %j is refused because of %s", async (fault, field) => {
  const { control } = await startSandbox();
  const refused = await control("POST", "faults", fault);
  expect([refused.status, refused.json.error.field]).toEqual([422, field]);
});

it("a misspelt field of a fault is refused", async () => {
  const { control } = await startSandbox();
  const refused = await control("POST", "faults", { call: "any", stauts: 500 });
  expect([refused.status, refused.json.error.message]).toEqual([422, expect.stringContaining("stauts")]);
});
