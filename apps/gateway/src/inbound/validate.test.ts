import { create, type DescField, type DescMessage, getOption, hasOption } from "@bufbuild/protobuf";
import { pathToString } from "@bufbuild/protobuf/reflect";
import { createValidator } from "@bufbuild/protovalidate";
import { field as fieldRules } from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";
import { isFault } from "@verigate/call";
import { callOf } from "@verigate/call/testing";
import { AuthAPI, ServiceAPI, UserAPI } from "@verigate/contract";
import type { UnaryCall } from "@verigate/rpc-server";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { validate } from "./validate.ts";

const services = [ServiceAPI, UserAPI, AuthAPI];
const methods = services.flatMap((service) => service.methods);
const handler = validate(services)(async ({ message }) => message);

const patternOf = (field: DescField): string => {
  const rules = hasOption(field, fieldRules) ? getOption(field, fieldRules).type : undefined;
  return rules?.case === "string" ? rules.value.pattern : "";
};
const patterned = methods.flatMap(({ input }) =>
  input.fields
    .filter((field) => patternOf(field) !== "")
    .map((field) => ({ named: `${input.name}.${field.name}`, input, field })),
);

const ownEngine = createValidator();

/** Whether a text in one field breaks its pattern, by the engine that protovalidate brings. */
function isRefusedByRe2(input: DescMessage, field: DescField, text: string): boolean {
  const { violations = [] } = ownEngine.validate(input, create(input, { [field.localName]: text }));
  return violations.some(({ ruleId, field: path }) => ruleId === "string.pattern" && pathToString(path) === field.name);
}

/** The same by the layer. */
async function isRefused(input: DescMessage, field: DescField, text: string): Promise<boolean> {
  const method = methods.find((each) => each.input === input);
  const unary = { call: callOf(), method, message: create(input, { [field.localName]: text }) } as UnaryCall;
  const violations = await Promise.resolve(unary)
    .then(handler)
    .then(
      () => [],
      (error: unknown) => (isFault(error) ? error.violations : []),
    );
  return violations.some(({ field: name, description }) => name === field.name && description.includes("pattern"));
}

describe("patterns of the contract", () => {
  it("are there", () => {
    expect(patterned.length).toBeGreaterThan(10);
  });

  it.each(patterned)("$named means the same to Node's engine as to RE2", async ({ input, field }) => {
    const character = fc.oneof(
      fc.constantFrom("0", "9", "+", "a", "\n", "\r", "\0", "\u007f", "\u0085", "\u009f", "\u00a0", "\u2028", "😀"),
      fc.string({ unit: "binary", minLength: 1, maxLength: 1 }),
    );
    const text = fc.array(character, { maxLength: 20 }).map((characters) => characters.join(""));
    await fc.assert(
      fc.asyncProperty(text, async (given) => {
        expect(await isRefused(input, field, given)).toBe(isRefusedByRe2(input, field, given));
      }),
    );
  });

  it.each(patterned)("$named repeats one class at most, so no text makes it slow", ({ field }) => {
    const repeats = patternOf(field)
      .replaceAll(/\\[pP]\{\w+\}|\\.|\[[^\]]*\]/g, "x")
      .match(/[*+?{]/g);
    expect(repeats?.length).toBe(1);
    expect(patternOf(field)).not.toContain("|");
  });
});
