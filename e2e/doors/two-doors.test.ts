import { create, toBinary } from "@bufbuild/protobuf";
import { UserAPI } from "@verigate/contract";
import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { startGateway } from "../src/gateway-under-test.ts";
import { enveloped } from "../src/raw-http.ts";
import { createAnsweringProvider } from "./answering-provider.ts";
import { createWireClient, type WireAnswer } from "./wire-answer.ts";
import { wireRequests } from "./wire-requests.ts";

const requests = 3_000;

/** A client of a gateway with or without the lean door. */
async function clientOf(isLean: boolean) {
  const gateway = await startGateway({
    upstream: { url: "http://127.0.0.1:9" },
    provider: createAnsweringProvider(),
    env: { VERIGATE_LEAN_DOOR: String(isLean), VERIGATE_HASH_KEY: Buffer.alloc(32, 1).toString("base64") },
  });
  const client = createWireClient(gateway.port);
  onTestFinished(() => client.close());
  return client;
}

test("whatever is sent, the lean door and the router answer the same", { timeout: 120_000 }, async () => {
  const [lean, router] = await Promise.all([clientOf(true), clientOf(false)]);
  const answers = new Map<string, number>();
  let compressed = 0;

  await fc.assert(
    fc.asyncProperty(wireRequests, async (request) => {
      const [byLean, byRouter] = await Promise.all([lean.send(request), router.send(request)]);
      expect(byLean).toEqual(byRouter);
      compressed += byLean.isCompressed ? 1 : 0;
      const kind = kindOf(byRouter.answer);
      answers.set(kind, (answers.get(kind) ?? 0) + 1);
    }),
    { numRuns: requests },
  );

  // Else it would have compared refusals of one kind.
  expect(answers.get("200 OK")).toBeGreaterThan(requests / 10);
  expect(answers.size).toBeGreaterThan(20);
  expect(compressed).toBeGreaterThan(0);
});

function kindOf({ status, headers, trailers, body }: WireAnswer): string {
  const grpcStatus = headers["grpc-status"] ?? trailers["grpc-status"];
  const reason = /"reason":\s*"(\w+)"/.exec(body)?.[1];
  return `${status} ${status === 200 && (grpcStatus ?? "0") === "0" ? "OK" : (grpcStatus ?? reason ?? "")}`.trim();
}

test.each([
  ["application/grpc", "grpc-accept-encoding", enveloped],
  ["application/proto", "accept-encoding", (message: Uint8Array) => message],
])("a large answer to %s is compressed by both doors, for those who can read it", async (contentType, name, framed) => {
  const clients = await Promise.all([clientOf(true), clientOf(false)]);
  const { input } = UserAPI.method.listUsers;
  const body = framed(toBinary(input, create(input, { serviceId: "many", pageSize: 1_000 })));
  const sentWith = (accepted: Record<string, string>) =>
    Promise.all(
      clients.map((client) =>
        client.send({
          httpVersion: 2,
          verb: "POST",
          path: "/verigate.v1.UserAPI/ListUsers",
          headers: { "content-type": contentType, te: "trailers", ...accepted },
          body,
        }),
      ),
    );
  const [plain, plainOfRouter] = await sentWith({});
  const [compressed, compressedOfRouter] = await sentWith({ [name]: "br, gzip" });

  expect([plain, plainOfRouter].map((sent) => sent?.isCompressed)).toEqual([false, false]);
  expect([compressed, compressedOfRouter].map((sent) => sent?.isCompressed)).toEqual([true, true]);
  expect(plain?.answer.body.length).toBeGreaterThan(8 * 1024);
  expect([plainOfRouter, compressed, compressedOfRouter].map((sent) => sent?.answer)).toEqual(
    Array(3).fill(plain?.answer),
  );
});
