import {
  arrayFrom,
  badAnswer,
  booleanMember,
  type JsonObject,
  objectFrom,
  optionalBooleanMember,
  optionalTextMember,
  textMember,
} from "./decode.ts";
import { type Instant, instantMember } from "./instant.ts";

export interface Service {
  readonly id: string;
  readonly name: string;
  readonly createTime: Instant;
}

export interface User {
  readonly id: string;
  readonly idInService: string;
  readonly createTime: Instant;
}

export type Method = "sms" | "totp";

export interface Initiation {
  /** The method that was used: `sms` where `totp` fell back. */
  readonly method: Method;
  readonly authId: string | undefined;
}

export type Verification = { readonly method: Method } & (
  | { readonly verified: true }
  | { readonly verified: false; readonly failure: "invalid" | "expired" | "throttled" }
);

export function serviceFromJson(json: JsonObject): Service {
  return { id: textMember(json, "id"), name: textMember(json, "name"), createTime: instantMember(json, "ctime") };
}

export function userFromJson(json: JsonObject): User {
  return {
    id: textMember(json, "id"),
    idInService: textMember(json, "id_in_service"),
    createTime: instantMember(json, "ctime"),
  };
}

/** `total` or `count` beside the users are not needed, and may be missing. */
export function usersFromJson(json: JsonObject): User[] {
  return arrayFrom(json.users, "users").map((user) => userFromJson(objectFrom(user, "users")));
}

/** `auth_id` is a string, null (of TOTP) or absent, by the version of the API. */
export function initiationFromJson(json: JsonObject): Initiation {
  return { method: methodFromJson(json), authId: optionalTextMember(json, "auth_id") };
}

/**
 * `verified` counts as true only where it is the boolean and nothing in `status`
 * contradicts it: whatever can't be understood lets nobody in.
 */
export function verificationFromJson(json: JsonObject): Verification {
  const isVerified = booleanMember(json, "verified");
  const method = methodFromJson(json);
  const failure = failureFromJson(json.status);
  if (!isVerified) {
    return { method, verified: false, failure: failure ?? "invalid" };
  }
  if (failure !== undefined) {
    throw badAnswer(`contradicts itself: "verified" is true but "status" says ${failure}`);
  }
  return { method, verified: true };
}

function methodFromJson(json: JsonObject): Method {
  const method = textMember(json, "method");
  if (method !== "sms" && method !== "totp") {
    throw badAnswer('has an unknown "method"');
  }
  return method;
}

function failureFromJson(json: unknown): "invalid" | "expired" | "throttled" | undefined {
  if (json === undefined || json === null) {
    return undefined;
  }
  const status = objectFrom(json, "status");
  const result = optionalTextMember(status, "result")?.toUpperCase();
  // Throttled first: then the PIN was not looked at, so the other two mean nothing.
  for (const failure of ["throttled", "expired", "invalid"] as const) {
    if (optionalBooleanMember(status, failure) === true || result === failure.toUpperCase()) {
      return failure;
    }
  }
  return undefined;
}
