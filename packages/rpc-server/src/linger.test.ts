import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setImmediate } from "node:timers/promises";
import { createTestClock } from "@verigate/call/testing";
import { expect, it, onTestFinished } from "vitest";
import { openPort } from "./port.ts";
import { plainReply } from "./reply.ts";

/** A port that refuses every request at its headers, over a clock that stands still, and a client of it. */
async function visited() {
  const clock = createTestClock();
  const seen = { requests: 0, refused: [] as string[] };
  const port = await openPort({
    address: { kind: "tcp", host: "127.0.0.1", port: 0 },
    frontDoor({ exchange }) {
      seen.requests += 1;
      exchange.answer(plainReply(404, { code: 0 }), false);
    },
    onRefused: (code) => seen.refused.push(code),
    age: { clock, maxMs: 0, graceMs: 0, random: Math.random },
  });
  const socket = connect(port.address.kind === "tcp" ? port.address.port : 0, "127.0.0.1");
  socket.on("error", () => {});
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  onTestFinished(async () => {
    socket.destroy();
    port.drain();
    port.destroy();
    await port.drained;
  });
  return { clock, seen, port, socket, closed, text: textOf(socket) };
}

function textOf(socket: Socket): () => string {
  let text = "";
  socket.setEncoding("latin1").on("data", (chunk: string) => {
    text += chunk;
  });
  return () => text;
}

const head = (length: number) => `POST /x HTTP/1.1\r\nhost: localhost\r\ncontent-length: ${length}\r\n\r\n`;
const wholeAnswer = /^HTTP\/1\.1 404 [\s\S]*\r\nconnection: close\r\n[\s\S]*\r\n\r\n$/i;

it("a client that goes on sending has its answer, and is cut when its second is over, and no earlier", async () => {
  const { clock, socket, closed, text } = await visited();
  socket.write(head(100_000));
  await once(socket, "data");
  expect(text()).toMatch(wholeAnswer);
  clock.advance(999);
  socket.write("drip");
  expect(clock.pendingTimers()).toBe(1);
  clock.advance(1);
  await closed;
  expect(clock.pendingTimers()).toBe(0);
});

it("a client that sends more than a MiB after its answer is cut", async () => {
  const { clock, socket, closed } = await visited();
  socket.write(head(1024 ** 3));
  await once(socket, "data");
  const piece = Buffer.alloc(64 * 1024);
  let pieces = 0;
  while (!socket.destroyed && pieces < 1_000) {
    pieces += 1;
    await new Promise((written) => socket.write(piece, written));
  }
  expect(pieces).toBeGreaterThan(16);
  // What is under way when it is cut is up to the operating system.
  expect(pieces).toBeLessThan(1_000);
  await closed;
  expect(clock.pendingTimers()).toBe(0);
});

it("a client whose upload ends after its answer is let go at once, without a reset", async () => {
  const { clock, socket, closed } = await visited();
  const ended = once(socket, "end");
  socket.write(head(10));
  await once(socket, "data");
  expect(clock.pendingTimers()).toBe(1);
  socket.write("0123456789");
  await ended;
  await closed;
  expect([clock.pendingTimers(), socket.errored]).toEqual([0, null]);
});

it("what comes behind the upload of a request that was refused is neither served nor answered", async () => {
  const { seen, socket, closed, text } = await visited();
  socket.write(head(10));
  await once(socket, "data");
  socket.write(`0123456789${head(0)}${head(0)}`);
  await closed;
  expect([seen.requests, text().match(/HTTP\/1\.1/g)?.length]).toEqual([1, 1]);
});

it.each([
  { name: "closes its half", leave: (socket: Socket) => socket.end() },
  { name: "resets the connection", leave: (socket: Socket) => socket.resetAndDestroy() },
])("a client that has its answer and $name is no refused connection, and leaves no timer", async ({ leave }) => {
  const { clock, seen, port, socket, closed, text } = await visited();
  socket.write(head(10));
  await once(socket, "data");
  leave(socket);
  await closed;
  while (clock.pendingTimers() > 0) {
    await setImmediate();
  }
  expect(text()).toMatch(wholeAnswer);
  port.drain();
  await port.drained;
  expect(seen.refused).toEqual([]);
});

it("a drain waits for a client that goes on sending no longer than its second", async () => {
  const { clock, port, socket, closed } = await visited();
  socket.write(head(10));
  await once(socket, "data");
  port.drain();
  clock.advance(1_000);
  await port.drained;
  await closed;
  expect(clock.pendingTimers()).toBe(0);
});
