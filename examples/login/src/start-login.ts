import { AuthMethod, isOutcomeUnknown, retryAfterMs, type VerigateClient } from "@verigate/client";
import { type Answer, answerFromError } from "./answer.ts";
import type { PendingLogins } from "./pending-logins.ts";
import { findUserId } from "./register.ts";

/**
 * Gets a PIN to a user. The password, which comes before it in a real login, is
 * left out here: with it, nobody learns from the answer which users exist.
 */
export async function startLogin(
  verigate: VerigateClient,
  serviceId: string,
  logins: PendingLogins,
  username: string,
): Promise<Answer> {
  let userId: string | undefined;
  try {
    userId = await findUserId(verigate, serviceId, username);
    if (userId === undefined) return { status: 404, body: { message: "No such user." } };
    const started = await verigate.auth.initiateAuth({ serviceId, userId, method: AuthMethod.TOTP });
    const { method, authId } = started;
    const isSms = method === AuthMethod.SMS;
    return {
      status: 200,
      body: {
        loginId: logins.add({ userId, method, authId }),
        message: isSms ? "We sent you a PIN." : "Type the PIN that your app shows.",
        resendAfterMs: retryAfterMs(started),
      },
    };
  } catch (error) {
    if (userId === undefined || !isOutcomeUnknown(error)) return answerFromError(error);
    // Another PIN would cost money and confuse: the first may be on its way.
    const message = "If a PIN reaches you, type it. If none does within a minute, start again.";
    return { status: 200, body: { loginId: logins.add({ userId }), message } };
  }
}
