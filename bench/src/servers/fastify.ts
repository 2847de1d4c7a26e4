/** A REST proxy as a careful team writes it: fastify, undici's `request`, and no feature at all. */
import { AuthMethod } from "@verigate/contract";
import { fastify } from "fastify";
import { upstreamBody, upstreamPath, verifyPinPath } from "../verify-pin.ts";
import { createPutUpstream } from "./put-upstream.ts";
import { serverArguments } from "./server-arguments.ts";

interface GuessJson {
  readonly serviceId: string;
  readonly userId: string;
  readonly pin: string;
  readonly method: string;
}

const { port, upstream } = serverArguments();
const put = createPutUpstream(upstream);

const server = fastify();
server.post<{ Body: GuessJson }>(verifyPinPath, async ({ body }) => {
  const guess = { ...body, method: body.method === "AUTH_METHOD_TOTP" ? AuthMethod.TOTP : AuthMethod.SMS };
  const answer = JSON.parse(await put(upstreamPath(guess), upstreamBody(guess))) as {
    verified: boolean;
    method: string;
  };
  return { verified: answer.verified, method: answer.method === "totp" ? "AUTH_METHOD_TOTP" : "AUTH_METHOD_SMS" };
});
await server.listen({ port, host: "127.0.0.1" });
