/**
 * Sends the sample call at a fixed rate, and prints a LatencyTurn as JSON. A
 * program of its own: what else is measured must not delay its calls. Takes a
 * LatencyPlan in JSON.
 */
import { fromBinary, fromJsonString, toBinary, toJsonString } from "@bufbuild/protobuf";
import { VerifyPinRequestSchema, type VerifyPinResponse, VerifyPinResponseSchema } from "@verigate/contract";
import { percentile } from "../statistics.ts";
import { responseFromAnswer, sampleRequest, upstreamBody, upstreamPath, verifyPinPath } from "../verify-pin.ts";
import { bodyOf, type Caller } from "./caller.ts";
import { createGrpcCaller } from "./grpc-caller.ts";
import { createJsonCaller, createUpstreamCaller } from "./http-caller.ts";
import { inFlight } from "./in-flight.ts";
import type { LatencyPlan, LatencyTurn } from "./latency.ts";
import { nowMs } from "./now-ms.ts";
import { pace } from "./pace.ts";

interface Way {
  readonly caller: Caller;
  readonly path: string;
  readonly body: Uint8Array;
  readonly parse: (body: Uint8Array) => VerifyPinResponse;
}

/** So that neither side's compiler is busy when it counts. */
const warmUpCalls = 3_000;
const warmUpWidth = 16;

const { way, port, callsPerSecond, seconds }: LatencyPlan = JSON.parse(process.argv[2] ?? "");
const { caller, path, body, parse } = createWay();
const count = Math.round(callsPerSecond * seconds);
const latenciesMs: number[] = [];
const latenessMs: number[] = [];

async function call(): Promise<void> {
  if (!parse(bodyOf(await caller.call(path, body))).verified) {
    throw new Error("a call was answered wrongly");
  }
}

await inFlight(warmUpCalls, warmUpWidth, call);
const running: Promise<void>[] = [];
await pace({ callsPerSecond, count }, (_, dueMs) => {
  latenessMs.push(nowMs() - dueMs);
  running.push(call().then(() => void latenciesMs.push(nowMs() - dueMs)));
});
await Promise.all(running);
caller.close();
const turn: LatencyTurn = {
  calls: warmUpCalls + count,
  p50Ms: percentile(latenciesMs, 50),
  p99Ms: percentile(latenciesMs, 99),
  lateP99Ms: percentile(latenessMs, 99),
};
process.stdout.write(JSON.stringify(turn));

function createWay(): Way {
  switch (way) {
    case "grpc":
      return {
        caller: createGrpcCaller(port),
        path: verifyPinPath,
        body: toBinary(VerifyPinRequestSchema, sampleRequest),
        parse: (bytes) => fromBinary(VerifyPinResponseSchema, bytes),
      };
    case "json":
      return {
        caller: createJsonCaller(port),
        path: verifyPinPath,
        body: Buffer.from(toJsonString(VerifyPinRequestSchema, sampleRequest)),
        parse: (bytes) => fromJsonString(VerifyPinResponseSchema, Buffer.from(bytes).toString()),
      };
    case "upstream":
      return {
        caller: createUpstreamCaller(port),
        path: upstreamPath(sampleRequest),
        body: Buffer.from(upstreamBody(sampleRequest)),
        parse: (bytes) => responseFromAnswer(Buffer.from(bytes).toString()),
      };
  }
}
