import { create } from "@bufbuild/protobuf";
import {
  AuthMethod,
  type VerifyPinRequest,
  VerifyPinRequestSchema,
  type VerifyPinResponse,
  VerifyPinResponseSchema,
} from "@verigate/contract";

/** Where a VerifyPin call arrives, in gRPC and Connect alike. */
export const verifyPinPath = "/verigate.v1.AuthAPI/VerifyPin";

/** The one call that every server is asked, over and over. */
export const sampleRequest: VerifyPinRequest = create(VerifyPinRequestSchema, {
  serviceId: "4a3f2c1e-9b7d-4e6f-8a5b-0c1d2e3f4a5b",
  userId: "d27b3f0a-58c4-4f1e-9d36-7e8a9b0c1d2e",
  pin: "048213",
  method: AuthMethod.SMS,
});

/** What the upstream says to it, to the byte. */
export const upstreamAnswer = '{"verified":true,"method":"sms"}';

/** The headers of a request upstream; the account is the same for all servers. */
export const upstreamHeaders: Readonly<Record<string, string>> = {
  accept: "application/json",
  "content-type": "application/json",
  "x-service-auth": "bench:bench",
};

type Guess = Pick<VerifyPinRequest, "serviceId" | "userId" | "pin" | "method">;

/** The path of the PUT that a VerifyPin call becomes. */
export function upstreamPath({ serviceId, userId }: Guess): string {
  return `/v1/service/service/${encodeURIComponent(serviceId)}/users/${encodeURIComponent(userId)}/auth`;
}

/** The body of that PUT. */
export function upstreamBody({ pin, method }: Guess): string {
  return JSON.stringify({ token: pin, method: method === AuthMethod.TOTP ? "totp" : "sms" });
}

/** Reads the upstream's answer as a hand-written server does: trusting it. */
export function responseFromAnswer(body: string): VerifyPinResponse {
  const { verified, method } = JSON.parse(body) as { verified: boolean; method: string };
  return create(VerifyPinResponseSchema, {
    verified,
    method: method === "totp" ? AuthMethod.TOTP : AuthMethod.SMS,
  });
}
