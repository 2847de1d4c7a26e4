import { fromBinary, fromJson, type JsonValue, toBinary, toJsonString } from "@bufbuild/protobuf";
import { Client, credentials } from "@grpc/grpc-js";
import {
  AuthMethod,
  type VerifyPinRequest,
  VerifyPinRequestSchema,
  type VerifyPinResponse,
  VerifyPinResponseSchema,
} from "@verigate/contract";
import type { Door } from "./contestants.ts";
import { frameHeaderBytes } from "./grpc-frame.ts";
import { sampleRequest, verifyPinPath } from "./verify-pin.ts";

const timeoutMs = 10_000;

/**
 * Makes the sample call with a real client, which sees what a load generator
 * does not: the gRPC status and the message. Fulfils with the bytes of the
 * answer's body. Rejects where the answer is not the right one.
 */
export async function sanityCall(door: Door, port: number): Promise<number> {
  const { response, bodyBytes } = await calls[door](port);
  if (!response.verified || response.method !== AuthMethod.SMS) {
    throw new Error(`a sanity call over ${door} was answered wrongly`);
  }
  return bodyBytes;
}

interface SanityAnswer {
  readonly response: VerifyPinResponse;
  readonly bodyBytes: number;
}

const calls: Readonly<Record<Door, (port: number) => Promise<SanityAnswer>>> = { grpc: callGrpc, json: callJson };

function callGrpc(port: number): Promise<SanityAnswer> {
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  return new Promise<SanityAnswer>((resolve, reject) => {
    client.makeUnaryRequest<VerifyPinRequest, SanityAnswer>(
      verifyPinPath,
      (message) => Buffer.from(toBinary(VerifyPinRequestSchema, message)),
      (bytes) => ({
        response: fromBinary(VerifyPinResponseSchema, bytes),
        bodyBytes: frameHeaderBytes + bytes.byteLength,
      }),
      sampleRequest,
      { deadline: Date.now() + timeoutMs },
      (error, answer) => {
        answer === undefined ? reject(error) : resolve(answer);
      },
    );
  }).finally(() => client.close());
}

async function callJson(port: number): Promise<SanityAnswer> {
  const response = await fetch(`http://127.0.0.1:${port}${verifyPinPath}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: toJsonString(VerifyPinRequestSchema, sampleRequest),
    signal: AbortSignal.timeout(timeoutMs),
  });
  const body = await response.text();
  if (response.status !== 200) {
    throw new Error(`a sanity call over JSON was answered with ${response.status}: ${body}`);
  }
  return {
    response: fromJson(VerifyPinResponseSchema, JSON.parse(body) as JsonValue),
    bodyBytes: Buffer.byteLength(body),
  };
}
