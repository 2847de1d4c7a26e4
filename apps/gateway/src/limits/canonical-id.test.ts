import { expect, it } from "vitest";
import { canonicalId } from "./canonical-id.ts";

it.each([
  ["6b1d9f0e", "6b1d9f0e"],
  ["6B1D9F0E-0000-4000-8000-00000000000A", "6b1d9f0e0000400080000000000000 0a".replace(" ", "")],
  ["{6b1d-9f0e}", "6b1d9f0e"],
  ["6b1d/9f0e%20 .", "6b1d9f0e20"],
  ["ANNA@example.com", "annaexamplecom"],
  ["ÄNNE", "änne"],
  ["A\u0308NNE", "änne"],
  ["ａｎｎａ", "anna"],
  ["an\u200bna", "anna"],
])("%j is %j", (id, canonical) => {
  expect(canonicalId(id)).toBe(canonical);
});

it("letters of other scripts stay what they are", () => {
  expect(canonicalId("Жанна")).toBe("жанна");
  expect(canonicalId("안나")).not.toBe(canonicalId("한나"));
});
