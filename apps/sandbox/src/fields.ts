import { z } from "zod";

/** Text of 1 to 256 characters without control characters: a name or an id. */
export const phrase: z.ZodType<string> = z
  .string()
  .min(1)
  .max(256)
  .regex(/^\P{Cc}*$/u, "must not contain control characters");

/** An E.164 phone number with its plus sign. */
export const phoneNumber: z.ZodType<string> = z.string().regex(/^\+[1-9]\d{6,14}$/, "must be an E.164 phone number");
