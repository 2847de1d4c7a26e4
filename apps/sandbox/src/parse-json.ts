import type { z } from "zod";
import { Refusal } from "./refusal.ts";

/**
 * Parses and checks a JSON body. Malformed UTF-8 or JSON, wrong types and missing
 * fields are a 422 that names the first wrong field and never quotes its value.
 */
export function parseJson<T>(body: Buffer, schema: z.ZodType<T>): T {
  const result = schema.safeParse(jsonFromBytes(body));
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const field = issue?.path.join(".");
  throw new Refusal(422, issue?.message ?? "invalid", field === "" ? undefined : field);
}

function jsonFromBytes(body: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch {
    throw new Refusal(422, "the body is not correctly JSON encoded");
  }
}
