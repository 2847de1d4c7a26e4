import type { Message } from "@bufbuild/protobuf";
import { after, type Fault, faultFromError, type Layer, rejecting } from "@verigate/call";
import {
  AuthAPI,
  AuthMethod,
  type InitiateAuthRequest,
  type InitiateAuthResponse,
  nameOfReason,
  VerifyFailure,
  type VerifyPinRequest,
  type VerifyPinResponse,
} from "@verigate/contract";
import { errorCatalogue, type UnaryCall, type UnaryHandler } from "@verigate/rpc-server";
import type { Metrics, VerificationOutcome } from "@verigate/telemetry";
import type { PendingAuthentications } from "../authentications/pending-authentications.ts";
import type { UserRef } from "../provider.ts";

export interface AuthReportOptions {
  readonly metrics: Pick<Metrics, "authInitiated" | "authInitiationFailed" | "pinChecked" | "authCompleted">;
  readonly pending: PendingAuthentications;
  /** Services that are told apart. */
  readonly serviceIds: readonly string[];
}

/** Counts what became of authentications, whether or not the caller still waited. */
export function authReport({ metrics, pending, serviceIds }: AuthReportOptions): Layer<UnaryCall, Message> {
  const known = new Set(serviceIds);
  /** Of others, not even the id is kept. */
  const shownId = ({ serviceId }: UserRef) => (known.has(serviceId) ? serviceId : "other");

  async function initiate(next: UnaryHandler, unary: UnaryCall): Promise<Message> {
    const request = unary.message as InitiateAuthRequest;
    const serviceId = shownId(request);
    try {
      const response = await next(unary);
      const used = methodName((response as InitiateAuthResponse).method);
      metrics.authInitiated({ serviceId, requested: methodName(request.method), used });
      pending.begin(request, { serviceId, method: used });
      return response;
    } catch (error) {
      const { reason } = errorCatalogue[faultFromError(error).kind];
      metrics.authInitiationFailed(serviceId, nameOfReason(reason));
      throw error;
    }
  }

  function verify(next: UnaryHandler, unary: UnaryCall): Promise<Message> {
    const request = unary.message as VerifyPinRequest;
    const serviceId = shownId(request);
    return rejecting(next, unary).then(
      (response) => {
        const { verified, method: checked, failure } = response as VerifyPinResponse;
        const method = methodName(checked || request.method);
        metrics.pinChecked({ serviceId, method, outcome: verified ? "verified" : outcomes[failure] });
        if (verified) {
          complete(unary, request, method);
        }
        return response;
      },
      (error) => {
        if (!isCallersOwn(faultFromError(error))) {
          metrics.pinChecked({ serviceId, method: methodName(request.method), outcome: "error" });
        }
        throw error;
      },
    );
  }

  function complete({ call: { progress } }: UnaryCall, user: UserRef, method: string): void {
    const traceId = progress.isTraceSampled ? progress.traceId : undefined;
    after(pending.complete(user), (ms) => {
      if (ms !== undefined) {
        metrics.authCompleted({ method, ms, traceId });
      }
    });
  }

  return (next) => (unary) => {
    switch (unary.method) {
      case AuthAPI.method.initiateAuth:
        return initiate(next, unary);
      case AuthAPI.method.verifyPin:
        return verify(next, unary);
      default:
        return next(unary);
    }
  };
}

/** A request that can't be right, or that nobody waits for, says nothing of PINs. */
function isCallersOwn({ kind }: Fault): boolean {
  return kind === "invalid-request" || kind === "upstream-rejected" || kind === "cancelled";
}

const methodNames: Readonly<Record<AuthMethod, string>> = {
  [AuthMethod.UNSPECIFIED]: "unknown",
  [AuthMethod.SMS]: "sms",
  [AuthMethod.TOTP]: "totp",
};

function methodName(method: AuthMethod): string {
  return methodNames[method];
}

const outcomes: Readonly<Record<VerifyFailure, VerificationOutcome>> = {
  [VerifyFailure.UNSPECIFIED]: "invalid",
  [VerifyFailure.INVALID]: "invalid",
  [VerifyFailure.EXPIRED]: "expired",
  [VerifyFailure.THROTTLED]: "throttled",
};
