import { validateHeaderName, validateHeaderValue } from "node:http";
import { z } from "zod";
import { fillingBytesMax } from "./apply-fault.ts";
import { callNames } from "./call-names.ts";
import type { Fault } from "./faults.ts";
import { parseJson } from "./parse-json.ts";

const headersMax = 32;
const delayMsMax = 10 * 60 * 1_000;
const timesMax = 1_000_000;

const schema: z.ZodType<Fault> = z
  .strictObject({
    call: z.enum([...callNames, "any"]),
    status: z.int().min(200).max(599).optional(),
    headers: z.record(z.string(), z.string()).refine(areHeadersSendable, "must be headers that can be sent").optional(),
    body: z.unknown().optional(),
    body_bytes: z.int().min(0).max(fillingBytesMax).optional(),
    delay_ms: z.int().min(0).max(delayMsMax).optional(),
    reset: z.enum(["before", "after"]).optional(),
    half_body: z.boolean().optional(),
    carry_out: z.boolean().optional(),
    times: z.int().min(1).max(timesMax).default(1),
  })
  .refine((fault) => fault.body === undefined || fault.body_bytes === undefined, {
    path: ["body_bytes"],
    message: "can't be given together with body",
  })
  .refine((fault) => fault.reset === undefined || fault.half_body !== true, {
    path: ["half_body"],
    message: "can't be given together with reset",
  })
  .refine((fault) => fault.reset !== "before" || fault.carry_out !== true, {
    path: ["carry_out"],
    message: "a request that is not read can't be carried out",
  });

/** Parses a fault. An unknown field is a 422 like any other mistake: a misspelt one would make a test pass for nothing. */
export function faultFromJson(body: Buffer): Fault {
  return parseJson(body, schema);
}

/** The framing headers are the server's own: to break them is what `half_body` is for. */
function areHeadersSendable(headers: Record<string, string>): boolean {
  const names = Object.keys(headers);
  if (names.length > headersMax) return false;
  try {
    for (const name of names) {
      validateHeaderName(name);
      validateHeaderValue(name, headers[name] ?? "");
    }
  } catch {
    return false;
  }
  return !names.some((name) => /^(content-length|transfer-encoding|connection|trailer)$/i.test(name));
}
