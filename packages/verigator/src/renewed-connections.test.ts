import dns from "node:dns";
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { createProgress, systemClock } from "@verigate/call";
import { afterEach, beforeEach, expect, it, onTestFinished, vi } from "vitest";
import { createUndiciExchange } from "./undici-exchange.ts";

// The age of a connection is told by Date, so that minutes pass without waiting. All else is real.
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"] });
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const minuteMs = 60_000;

/** Two servers that answer when the test says, at two addresses and the same port. */
async function startTwins() {
  const held: Record<"old" | "new", ServerResponse[]> = { old: [], new: [] };
  const serverAt = async (name: keyof typeof held, host: string, port: number) => {
    const server = createServer((_, response) => held[name].push(response));
    server.listen(port, host);
    await once(server, "listening");
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    return (server.address() as AddressInfo).port;
  };
  const port = await serverAt("old", "127.0.0.1", 0);
  await serverAt("new", "127.0.0.2", port);
  return {
    port,
    held,
    answer(name: keyof typeof held) {
      for (const response of held[name].splice(0)) {
        response.end(name);
      }
    },
  };
}

/** Node resolves every name that it connects to by dns.lookup; here it leads to an address that can change. */
function nameOf(initial: string) {
  let address = initial;
  vi.spyOn(dns, "lookup").mockImplementation(((_: string, __: object, found: (...answer: unknown[]) => void) => {
    process.nextTick(found, null, [{ address, family: 4 }]);
  }) as typeof dns.lookup);
  return {
    point(next: string) {
      address = next;
    },
  };
}

it("connections that are never idle are renewed after 5 minutes, by the name as it is then, and lose no answer", async () => {
  const { port, held, answer } = await startTwins();
  const name = nameOf("127.0.0.1");
  const origin = new URL(`http://upstream.test:${port}`);
  const upstream = createUndiciExchange({ clock: systemClock, origin, connections: 3, connectTimeoutMs: 3_000 });
  onTestFinished(() => upstream.close());
  const send = async () => {
    const { body } = await upstream.exchange({
      operation: "VerifyPin",
      operationClass: "authentication",
      retry: "unsent-only",
      method: "PUT",
      path: "/",
      pathTemplate: "/",
      headers: {},
      body: "{}",
      answerBytesMax: 100,
      progress: createProgress(),
    });
    return body.toString();
  };
  const three = () => [send(), send(), send()];
  const both = () => ({ old: held.old.length, new: held.new.length });

  const first = three();
  await expect.poll(both).toEqual({ old: 3, new: 0 });
  name.point("127.0.0.2");
  answer("old");
  expect(await Promise.all(first)).toEqual(["old", "old", "old"]);

  // The old address is alive, and so are the connections to it.
  vi.setSystemTime(Date.now() + 5 * minuteMs - 1_000);
  const late = three();
  await expect.poll(both).toEqual({ old: 3, new: 0 });

  vi.setSystemTime(Date.now() + 2_000);
  const renewed = three();
  await expect.poll(both).toEqual({ old: 3, new: 3 });
  answer("old");
  expect(await Promise.all(late)).toEqual(["old", "old", "old"]);
  answer("new");
  expect(await Promise.all(renewed)).toEqual(["new", "new", "new"]);

  const next = three();
  await expect.poll(both).toEqual({ old: 0, new: 3 });
  answer("new");
  expect(await Promise.all(next)).toEqual(["new", "new", "new"]);
});
