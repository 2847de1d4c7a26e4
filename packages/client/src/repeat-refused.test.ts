import { constants } from "node:http2";
import { expect, it, onTestFinished, vi } from "vitest";
import { AuthMethod, createVerigateClient, isOutcomeUnknown, type Protocol } from "./index.ts";
import { startTestGateway, type TestGatewayOptions } from "./test/test-gateway.ts";

/** A gateway and its client, which end with the test. */
async function gatewayAndClient(options: TestGatewayOptions = {}, protocol: Protocol = "grpc") {
  const gateway = await startTestGateway(options);
  const client = createVerigateClient({ address: `http://127.0.0.1:${gateway.port}`, protocol });
  onTestFinished(async () => {
    client.close();
    await gateway[Symbol.asyncDispose]();
  });
  return { gateway, client };
}

/** A gateway that resets the first streams with a code, and what of calls has reached its methods. */
async function sceneWith(code: number, resetsMax: number, protocol: Protocol = "grpc") {
  let streams = 0;
  const requestIds: string[] = [];
  const options: TestGatewayOptions = {
    takeStream(stream) {
      streams += 1;
      if (streams > resetsMax) return false;
      stream.on("error", () => {});
      stream.close(code);
      return true;
    },
    auth: {
      initiateAuth({ requestId }) {
        requestIds.push(requestId);
        return { method: AuthMethod.SMS };
      },
    },
  };
  const { client } = await gatewayAndClient(options, protocol);
  const initiate = () => client.auth.initiateAuth({ serviceId: "s", userId: "u", method: AuthMethod.SMS });
  return { initiate, requestIds, streams: () => streams };
}

const { NGHTTP2_REFUSED_STREAM, NGHTTP2_CANCEL, NGHTTP2_INTERNAL_ERROR, NGHTTP2_ENHANCE_YOUR_CALM } = constants;

it.each<Protocol>(["grpc", "grpc-web", "connect"])(
  "a call over %s that is refused unseen is repeated",
  async (protocol) => {
    const the = await sceneWith(NGHTTP2_REFUSED_STREAM, 2, protocol);

    expect(await the.initiate()).toMatchObject({ method: AuthMethod.SMS });
    expect(the.streams()).toBe(3);
    expect(the.requestIds).toHaveLength(1);
  },
);

it("a call that is refused again and again fails, and nothing of it was carried out", async () => {
  const the = await sceneWith(NGHTTP2_REFUSED_STREAM, 10);
  const error = await the.initiate().then(
    () => expect.unreachable("the call should have failed"),
    (reason: unknown) => reason,
  );

  expect(the.streams()).toBe(3);
  expect(isOutcomeUnknown(error)).toBe(false);
});

it.each([
  ["CANCEL", NGHTTP2_CANCEL],
  ["INTERNAL_ERROR", NGHTTP2_INTERNAL_ERROR],
  ["ENHANCE_YOUR_CALM", NGHTTP2_ENHANCE_YOUR_CALM],
])("a call whose stream is reset with %s may have been carried out, and is not repeated", async (_, code) => {
  const the = await sceneWith(code, 1);
  const error = await the.initiate().then(
    () => expect.unreachable("the call should have failed"),
    (reason: unknown) => reason,
  );

  expect(the.streams()).toBe(1);
  expect(isOutcomeUnknown(error)).toBe(true);
});

/** A gateway that answers the first guess only when it is released, and what it was asked. */
async function sceneWithHeld(takeStream: TestGatewayOptions["takeStream"] = () => false) {
  const begun = Promise.withResolvers<void>();
  const held = Promise.withResolvers<void>();
  const guessed: string[] = [];
  const { gateway, client } = await gatewayAndClient({
    auth: {
      async verifyPin({ userId }) {
        guessed.push(userId);
        begun.resolve();
        if (userId === "first") await held.promise;
        return { verified: true };
      },
    },
    takeStream,
  });
  const guess = (userId: string) => client.auth.verifyPin({ serviceId: "s", userId, pin: "0123" });
  const first = guess("first");
  await begun.promise;
  return { gateway, guess, first, release: held.resolve, guessed };
}

it("a call past the last one that a GOAWAY lets in is repeated on another connection, and those before it are not", async () => {
  const { guess, first, release, guessed } = await sceneWithHeld((stream) => {
    if (stream.id !== 3) return false;
    stream.on("error", () => {});
    stream.session?.goaway(constants.NGHTTP2_NO_ERROR, 1);
    return true;
  });

  expect((await guess("second")).verified).toBe(true);
  release();
  expect((await first).verified).toBe(true);
  expect(guessed).toEqual(["first", "second"]);
});

it("a call goes to another connection where its own closes while it is asked whether it is alive", async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  onTestFinished(() => {
    vi.useRealTimers();
  });
  const { gateway, guess, first, release, guessed } = await sceneWithHeld();
  // So long a silence makes the client ask; what the gateway says at the same time arrives before its answer.
  vi.setSystemTime(Date.now() + 60_000);
  const second = guess("second");
  for (const session of gateway.sessions) session.goaway(constants.NGHTTP2_NO_ERROR, 1);

  expect((await second).verified).toBe(true);
  release();
  expect((await first).verified).toBe(true);
  expect(guessed).toEqual(["first", "second"]);
});

it("a call is not repeated where its connection broke with that code: it may have been carried out", async () => {
  const { gateway, first, release, guessed } = await sceneWithHeld();
  for (const session of gateway.sessions) session.goaway(constants.NGHTTP2_REFUSED_STREAM, 1);
  const error = await first.then(
    () => expect.unreachable("the call should have failed"),
    (reason: unknown) => reason,
  );
  release();

  expect(isOutcomeUnknown(error)).toBe(true);
  expect(guessed).toEqual(["first"]);
});
