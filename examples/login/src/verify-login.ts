import {
  isOutcomeUnknown,
  retryAfterMs,
  VerifyFailure,
  type VerifyPinResponse,
  type VerigateClient,
} from "@verigate/client";
import { type Answer, answerFromError } from "./answer.ts";
import type { PendingLogins } from "./pending-logins.ts";

/** Checks the PIN of a login. A login ends when it succeeds, and when its PIN can't be used any more. */
export async function verifyLogin(
  verigate: VerigateClient,
  serviceId: string,
  logins: PendingLogins,
  loginId: string,
  pin: string,
): Promise<Answer> {
  const login = logins.get(loginId);
  if (login === undefined) return { status: 404, body: { verified: false, message: "Please start again." } };
  const { userId, method, authId } = login;
  try {
    const answer = await verigate.auth.verifyPin({
      serviceId,
      userId,
      pin,
      ...(method !== undefined && { method }),
      ...(authId !== undefined && { authId }),
    });
    if (answer.verified || answer.failure === VerifyFailure.EXPIRED) logins.delete(loginId);
    return answerFromVerification(answer);
  } catch (error) {
    if (!isOutcomeUnknown(error)) return answerFromError(error);
    // The guess may have been counted, or the PIN used up: nobody can tell.
    logins.delete(loginId);
    return { status: 503, body: { verified: false, message: "We could not check your PIN. Please start again." } };
  }
}

function answerFromVerification(answer: VerifyPinResponse): Answer {
  // Nothing but true lets anybody in.
  if (answer.verified === true) return { status: 200, body: { verified: true } };
  switch (answer.failure) {
    case VerifyFailure.THROTTLED: {
      const body = { verified: false, message: "Too many wrong PINs. Please wait." };
      return { status: 429, body, retryAfterMs: retryAfterMs(answer) };
    }
    case VerifyFailure.EXPIRED:
      return { status: 401, body: { verified: false, message: "That PIN has expired. Please start again." } };
    default:
      return { status: 401, body: { verified: false, message: "That is not the PIN." } };
  }
}
