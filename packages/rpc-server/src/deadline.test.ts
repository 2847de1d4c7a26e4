import { setImmediate as turn } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { type Call, createProgress, type FaultKind, type Handler, isFault, type Timer } from "@verigate/call";
import { createTestClock } from "@verigate/call/testing";
import { expect, it } from "vitest";
import { deadline } from "./deadline.ts";

interface Scene {
  readonly call: Call;
  readonly leave: () => void;
}

function sceneOf(headers: Call["headers"], given: Partial<Call> = {}): Scene {
  let leave: (() => void) | undefined;
  const call: Call = {
    service: "verigate.v1.AuthAPI",
    method: "VerifyPin",
    isStreaming: false,
    protocol: "grpc",
    headers,
    peer: { listener: "unix:/x", isUnix: true },
    startedAtMs: 0,
    onDeparture(listener) {
      leave = listener;
    },
    progress: createProgress(),
    ...given,
  };
  return { call, leave: () => leave?.() };
}

function layerWith(next: Handler<Call, string>) {
  const clock = createTestClock();
  const shutdown = new AbortController();
  const handler = deadline<Call, string>({ clock, defaultMs: 10_000, maxMs: 60_000, shutdown: shutdown.signal })(next);
  return { clock, shutdown, handler };
}

const hangs = () => new Promise<never>(() => {});

/** What a call has become, without waiting for what has not happened. */
async function stateOf(result: Promise<unknown>): Promise<FaultKind | "waiting" | "answered"> {
  const settled = result.then(
    () => "answered" as const,
    (error: unknown) => (isFault(error) ? error.kind : ("gateway-bug" as const)),
  );
  return Promise.race([settled, new Promise<"waiting">((resolve) => setImmediate(resolve, "waiting"))]);
}

it.each([
  ["none", {}, "grpc", 9_750],
  ["a short one", { "grpc-timeout": "200m" }, "grpc", 190],
  ["a very short one", { "grpc-timeout": "20m" }, "grpc", 19],
  ["one over the maximum", { "grpc-timeout": "5H" }, "grpc", 59_750],
  ["one of Connect", { "connect-timeout-ms": "1000" }, "connect", 950],
  ["one of gRPC-Web", { "grpc-timeout": "1S" }, "grpc-web", 950],
  ["one of another protocol", { "grpc-timeout": "1S" }, "connect", 9_750],
] as const)("a call with %s as deadline is answered shortly before it", async (_, headers, protocol, atMs) => {
  const { clock, handler } = layerWith(hangs);
  const { call } = sceneOf(headers, { protocol });
  const result = handler(call);

  clock.advance(atMs - 1);
  expect(await stateOf(result)).toBe("waiting");
  clock.advance(1);
  expect(await stateOf(result)).toBe("deadline-exceeded");
  expect(call.progress.isAbandoned).toBe(true);
});

it("at the deadline, a call with a request_id is told that a repeat gets what becomes of it", async () => {
  const { clock, handler } = layerWith(hangs);
  const { call } = sceneOf({});
  const result = handler(call);
  call.progress.isOutcomeOpen = true;
  call.progress.isRepeatable = true;
  clock.advance(60_000);

  expect(await stateOf(result)).toBe("outcome-pending");
});

it("what has passed since the headers came counts", async () => {
  const { clock, handler } = layerWith(hangs);
  clock.advance(150);
  const result = handler(sceneOf({ "grpc-timeout": "200m" }).call);

  clock.advance(40);

  expect(await stateOf(result)).toBe("deadline-exceeded");
});

it.each([
  ["deadline", "deadline-exceeded", "outcome-unknown-at-deadline"],
  ["shutdown", "shutting-down", "outcome-unknown"],
  ["departure", "cancelled", "cancelled"],
] as const)("after a request that is not safe to repeat was sent, a %s says so", async (cause, before, after) => {
  for (const [isOutcomeOpen, expected] of [
    [false, before],
    [true, after],
  ] as const) {
    const { clock, shutdown, handler } = layerWith(hangs);
    const { call, leave } = sceneOf({});
    const result = handler(call);
    call.progress.isOutcomeOpen = isOutcomeOpen;
    ({ deadline: () => clock.advance(60_000), shutdown: () => shutdown.abort(), departure: leave })[cause]();

    expect(await stateOf(result)).toBe(expected);
    expect(clock.pendingTimers()).toBe(0);
  }
});

it("a time-out that can't be read is the caller's mistake", async () => {
  const { handler } = layerWith(hangs);

  expect(await stateOf(handler(sceneOf({ "grpc-timeout": "soon" }).call))).toBe("invalid-request");
  expect(await stateOf(handler(sceneOf({ "grpc-timeout": "1" }).call))).toBe("invalid-request");
  expect(await stateOf(handler(sceneOf({ "connect-timeout-ms": "-1" }, { protocol: "connect" }).call))).toBe(
    "invalid-request",
  );
});

it("an answer in time passes, and leaves no timer behind", async () => {
  const { clock, handler } = layerWith(async () => "answer");

  expect(await handler(sceneOf({}).call)).toBe("answer");
  expect(clock.pendingTimers()).toBe(0);
});

it("a stream has no default deadline", async () => {
  const { clock, handler } = layerWith(hangs);
  const result = handler(sceneOf({}, { isStreaming: true }).call);

  clock.advance(1_000_000);

  expect(await stateOf(result)).toBe("waiting");
});

it("a call that was given up is forgotten, also where nothing of it ever ends", async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const test = createTestClock();
  const held: WeakRef<Timer>[] = [];
  const clock = {
    ...test,
    setTimer(delayMs: number, fire: () => void) {
      const timer = test.setTimer(delayMs, fire);
      held.push(new WeakRef(timer));
      return timer;
    },
  };
  const handler = deadline<Call, string>({
    clock,
    defaultMs: 10_000,
    maxMs: 60_000,
    shutdown: new AbortController().signal,
  })(hangs);
  const [left, late] = [sceneOf({}), sceneOf({})];
  const results = [stateOf(handler(left.call)), stateOf(handler(late.call))];
  left.leave();
  test.advance(10_000);
  expect(await Promise.all(results)).toEqual(["cancelled", "deadline-exceeded"]);
  await turn();
  collect();

  expect(held.map((timer) => timer.deref())).toEqual([undefined, undefined]);
  // Or there would be nothing left that could have held them.
  expect(handler).toBeDefined();
});
