import { Fault } from "@verigate/call";

/** A JSON object of the upstream, whose members are read one by one. */
export interface JsonObject {
  readonly [name: string]: unknown;
}

/**
 * The fault of an answer that can't be understood. It names the member, never
 * its value: answers hold what nobody may see.
 */
export function badAnswer(what: string, cause?: unknown): Fault {
  return new Fault("upstream-bad-response", { publicMessage: `the provider's answer ${what}`, cause });
}

/** Parses a body as a JSON object; anything else is a bad answer. */
export function parseJsonObject(body: Buffer): JsonObject {
  let json: unknown;
  try {
    json = JSON.parse(body.toString("utf8"));
  } catch {
    // The parser's message quotes the body, so it is dropped.
    throw badAnswer("is not JSON");
  }
  return objectFrom(json, "body");
}

export function objectFrom(json: unknown, name: string): JsonObject {
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    throw badAnswer(`has no object "${name}"`);
  }
  return json as JsonObject;
}

export function arrayFrom(json: unknown, name: string): readonly unknown[] {
  if (!Array.isArray(json)) {
    throw badAnswer(`has no array "${name}"`);
  }
  return json;
}

/** A string of at least one character. */
export function textMember(object: JsonObject, name: string): string {
  const value = object[name];
  if (typeof value !== "string" || value === "") {
    throw badAnswer(`has no string "${name}"`);
  }
  return value;
}

/** A string, or undefined where the member is absent or null. */
export function optionalTextMember(object: JsonObject, name: string): string | undefined {
  const value = object[name];
  return value === undefined || value === null ? undefined : textMember(object, name);
}

export function booleanMember(object: JsonObject, name: string): boolean {
  const value = object[name];
  if (typeof value !== "boolean") {
    throw badAnswer(`has no boolean "${name}"`);
  }
  return value;
}

/** A boolean, or undefined where the member is absent or null. */
export function optionalBooleanMember(object: JsonObject, name: string): boolean | undefined {
  const value = object[name];
  return value === undefined || value === null ? undefined : booleanMember(object, name);
}
