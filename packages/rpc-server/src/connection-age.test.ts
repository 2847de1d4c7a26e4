import { connect as connectHttp2 } from "node:http2";
import { connect } from "node:net";
import { setImmediate } from "node:timers/promises";
import { createTestClock } from "@verigate/call/testing";
import { expect, it, onTestFinished } from "vitest";
import { type ConnectionAge, startAgeing } from "./connection-age.ts";
import { openPort } from "./port.ts";

const hourMs = 3_600_000;

function connectionOf(given: Partial<ConnectionAge> = {}) {
  const clock = createTestClock();
  const seen: string[] = [];
  const ends = { close: () => seen.push("closed"), destroy: () => seen.push("destroyed") };
  const ageing = startAgeing(ends, { clock, maxMs: hourMs, graceMs: 60_000, random: () => 0.5, ...given });
  return { clock, seen, ageing };
}

it.each([
  [0, 0.9],
  [0.5, 1],
  [1, 1.1],
])("where chance says %d, a connection is closed at %d of the age, and no earlier", (chance, ratio) => {
  const { clock, seen } = connectionOf({ random: () => chance });
  clock.advance(ratio * hourMs - 1);
  expect(seen).toEqual([]);
  clock.advance(1);
  expect(seen).toEqual(["closed"]);
});

it("what is open when the grace is over is broken, and no earlier", () => {
  const { clock, seen } = connectionOf();
  clock.advance(hourMs + 59_999);
  expect(seen).toEqual(["closed"]);
  clock.advance(1);
  expect(seen).toEqual(["closed", "destroyed"]);
});

it("without a limit, a connection is used for ever, and ends by itself alone where it has to", () => {
  const { clock, seen, ageing } = connectionOf({ maxMs: 0 });
  clock.advance(1_000 * hourMs);
  expect(seen).toEqual([]);
  ageing.expire();
  ageing.expire();
  clock.advance(60_000);
  expect(seen).toEqual(["closed", "destroyed"]);
});

it("a connection that ended leaves no timer, before its age and after it", () => {
  const young = connectionOf();
  young.ageing.stop();
  expect(young.clock.pendingTimers()).toBe(0);
  young.ageing.expire();
  expect(young.clock.pendingTimers()).toBe(0);

  const old = connectionOf();
  old.ageing.expire();
  expect(old.clock.pendingTimers()).toBe(1);
  old.ageing.stop();
  expect(old.clock.pendingTimers()).toBe(0);
  expect([young.seen, old.seen]).toEqual([[], ["closed"]]);
});

/** Ways to send a request to a port of this machine and never read its answer; each tells how to leave. */
const visitors: readonly { readonly name: string; readonly visit: (port: number) => () => void }[] = [
  {
    name: "HTTP/2",
    visit(port) {
      const session = connectHttp2(`http://127.0.0.1:${port}`);
      session.on("error", () => {});
      session.request().on("error", () => {});
      return () => session.destroy();
    },
  },
  {
    name: "HTTP/1.1",
    visit(port) {
      const socket = connect(port, "127.0.0.1");
      socket.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
      return () => socket.destroy();
    },
  },
];

it.each(visitors)("a port forgets the age of a connection of $name when it ends", async ({ visit }) => {
  const clock = createTestClock();
  const { promise: arrived, resolve } = Promise.withResolvers<unknown>();
  const port = await openPort({
    address: { kind: "tcp", host: "127.0.0.1", port: 0 },
    frontDoor: resolve,
    onRefused: () => {},
    age: { clock, maxMs: hourMs, graceMs: 60_000, random: () => 0.5 },
  });
  onTestFinished(async () => {
    port.drain();
    port.destroy();
    await port.drained;
  });
  const leave = visit(port.address.kind === "tcp" ? port.address.port : 0);
  await arrived;
  expect(clock.pendingTimers()).toBe(1);
  leave();
  while (clock.pendingTimers() > 0) {
    await setImmediate();
  }
});
