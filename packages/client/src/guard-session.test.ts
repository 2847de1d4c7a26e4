import { once } from "node:events";
import { connect } from "node:http2";
import { expect, it } from "vitest";
import { guardSession } from "./guard-session.ts";
import { startTestGateway } from "./test/test-gateway.ts";

it("a guarded connection can be destroyed with an error and pinged afterwards, and nothing is thrown", async () => {
  await using gateway = await startTestGateway();
  const session = connect(`http://127.0.0.1:${gateway.port}`);
  await once(session, "connect");
  guardSession(session);
  guardSession(session);
  expect(session.listenerCount("error")).toBe(1);
  const ended = new Promise((resolve) => session.on("close", resolve));
  session.destroy(new Error("PING timed out"));
  expect(session.ping(() => {})).toBe(false);
  await ended;
});
