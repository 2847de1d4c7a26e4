import { z } from "zod";
import { type Answer, jsonAnswer } from "../answer.ts";
import { timestampFromMs } from "../clock.ts";
import { parseJson } from "../parse-json.ts";
import { Refusal } from "../refusal.ts";
import type { State } from "../state.ts";
import { guess, type Outcome, randomPin, smsVerification, totpVerification } from "../verification.ts";
import type { ApiRequest } from "./api-request.ts";

const method = z.enum(["sms", "totp"]);
const newAuthentication = z.object({ method });
const newGuess = z.object({
  token: z.string().min(1).max(64),
  method: method.optional(),
  auth_id: z.string().nullish(),
});

/** POST .../users/{userId}/auth: `totp` falls back to `sms` for a phone without a paired device. */
export function initiateAuth(state: State, { account, serviceId, userId, body }: ApiRequest): Answer {
  const { clock, directory, devices, outbox, switches } = state;
  const service = directory.service(account, serviceId);
  const user = directory.user(service, userId);
  const wanted = parseJson(body, newAuthentication).method;
  const device = wanted === "totp" ? devices.find(user.phoneNumber) : undefined;
  const nowMs = clock.now();

  if (device !== undefined) {
    user.verification = totpVerification(device, nowMs);
    return jsonAnswer(switches.createStatus, { method: "totp", ...(switches.sendsAuthId && { auth_id: null }) });
  }

  const pin = randomPin();
  const verification = smsVerification(pin, nowMs);
  user.verification = verification;
  outbox.add({ to: user.phoneNumber, text: `${service.name}: your PIN is ${pin}`, pin, time: timestampFromMs(nowMs) });
  return jsonAnswer(switches.createStatus, {
    method: "sms",
    ...(switches.sendsAuthId && { auth_id: verification.authId }),
  });
}

/**
 * PUT .../users/{userId}/auth: a wrong PIN is a 200. What counts is the
 * authentication that was started last; `method` is a preference and changes
 * nothing. An `auth_id` of any other authentication is a 404.
 */
export function verifyPin({ clock, directory }: State, request: ApiRequest): Answer {
  const user = directory.user(directory.service(request.account, request.serviceId), request.userId);
  const { token, method: wanted, auth_id } = parseJson(request.body, newGuess);
  if (typeof auth_id === "string" && auth_id !== user.verification?.authId) {
    throw new Refusal(404, "Verification with auth_id was not found");
  }
  const used = user.verification?.method ?? wanted ?? "sms";
  const outcome = guess(user, token, clock.now());
  if (outcome === "VERIFIED") return jsonAnswer(200, { verified: true, method: used });
  return jsonAnswer(200, { verified: false, method: used, status: statusFromOutcome(outcome) });
}

function statusFromOutcome(outcome: Outcome): object {
  return {
    throttled: outcome === "THROTTLED",
    expired: outcome === "EXPIRED",
    invalid: outcome === "INVALID",
    result: outcome,
  };
}
