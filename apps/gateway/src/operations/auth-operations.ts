import { type AuthAPI, AuthMethod, ThrottledBy, VerifyFailure } from "@verigate/contract";
import type { Method, Provider, Verification } from "../provider.ts";
import type { Operations } from "./operations.ts";

export function authOperations(provider: Provider): Operations<typeof AuthAPI> {
  return {
    async initiateAuth({ serviceId, userId, method }, { progress }) {
      const asked = methods[method];
      if (asked === undefined) {
        throw new Error("a method got past validation that is none");
      }
      const { method: used, authId } = await provider.initiateAuth({ serviceId, userId, method: asked }, progress);
      return { method: authMethods[used], ...(authId === undefined ? {} : { authId }) };
    },
    async verifyPin({ serviceId, userId, pin, method, authId }, { progress }) {
      const params = { serviceId, userId, pin, method: methods[method], authId };
      return responseFromVerification(await provider.verifyPin(params, progress));
    },
  };
}

function responseFromVerification(verification: Verification) {
  const method = authMethods[verification.method];
  if (verification.verified) {
    return { verified: true, method };
  }
  return {
    verified: false,
    method,
    failure: failures[verification.failure],
    throttledBy: verification.failure === "throttled" ? ThrottledBy.UPSTREAM : ThrottledBy.UNSPECIFIED,
  };
}

const methods: Readonly<Record<AuthMethod, Method | undefined>> = {
  [AuthMethod.UNSPECIFIED]: undefined,
  [AuthMethod.SMS]: "sms",
  [AuthMethod.TOTP]: "totp",
};

const authMethods: Readonly<Record<Method, AuthMethod>> = { sms: AuthMethod.SMS, totp: AuthMethod.TOTP };

const failures: Readonly<Record<Extract<Verification, { verified: false }>["failure"], VerifyFailure>> = {
  invalid: VerifyFailure.INVALID,
  expired: VerifyFailure.EXPIRED,
  throttled: VerifyFailure.THROTTLED,
};
