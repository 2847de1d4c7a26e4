import { isFault } from "@verigate/call";
import fc from "fast-check";
import { expect, it } from "vitest";
import { lastIdFromToken, tokenFromPosition } from "./page-token.ts";

const text = fc.string({ unit: "grapheme", maxLength: 20 });

it("a token leads back to its position, and is of no use for another service or filter", () => {
  fc.assert(
    fc.property(text, text, text, text, (serviceId, idInService, lastId, other) => {
      const token = tokenFromPosition({ serviceId, idInService, lastId });
      expect(lastIdFromToken(token, { serviceId, idInService })).toBe(lastId);
      fc.pre(other !== serviceId && other !== idInService);
      for (const request of [
        { serviceId: other, idInService },
        { serviceId, idInService: other },
      ]) {
        expect(() => lastIdFromToken(token, request)).toThrow("another service_id or id_in_service");
      }
    }),
  );
});

it("the longest ids make a token that the contract lets pass", () => {
  const id = "\u{10FFFF}".repeat(64);

  expect(tokenFromPosition({ serviceId: id, idInService: id, lastId: id }).length).toBeLessThanOrEqual(2_048);
});

it("anything else is a mistake of the field page_token", () => {
  const base64 = (json: unknown) => Buffer.from(JSON.stringify(json)).toString("base64url");
  for (const token of [
    "x",
    "%",
    base64(null),
    base64([2, "s", "", "u"]),
    base64([1, "s", ""]),
    base64([1, "s", "", 4]),
  ]) {
    try {
      lastIdFromToken(token, { serviceId: "s", idInService: "" });
      expect.unreachable();
    } catch (error) {
      expect(isFault(error) && error.kind).toBe("invalid-request");
      expect(isFault(error) && error.violations[0]?.field).toBe("page_token");
    }
  }
});
