import { expect, it } from "vitest";
import { canonicalId } from "./canonical-id.ts";

it.each([
  ["6b1d9f0e", "6b1d9f0e"],
  ["6B1D9F0E-0000-4000-8000-00000000000A", "6b1d9f0e0000400080000000000000 0a".replace(" ", "")],
  ["{6b1d-9f0e}", "6b1d9f0e"],
  ["6b1d/9f0e%20 .", "6b1d9f0e"],
  ["6b1d%39f0e", "6b1d9f0e"],
  ["6b1d%39%66%C3%A90e%", "6b1d9fe0e"],
  ["6b1d%ff9f0e", "6b1d9f0e"],
  ["6b1d9f0é", "6b1d9f0e"],
  ["6b1d9f0è", "6b1d9f0e"],
  ["ANNA@example.com", "annaexamplecom"],
  ["ÄNNE", "anne"],
  ["A\u0308NNE", "anne"],
  ["Weiß", "weiss"],
  ["WEISS", "weiss"],
  ["ﬁlıp", "filip"],
  ["FİLIP", "filip"],
  ["ΟΔΟΣ-Α", "οδοσα"],
  ["ａｎｎａ", "anna"],
  ["an\u200bna", "anna"],
])("%j is %j", (id, canonical) => {
  expect(canonicalId(id)).toBe(canonical);
});

it("letters of other scripts stay what they are", () => {
  expect(canonicalId("Жанна")).toBe("жанна");
  expect(canonicalId("안나")).not.toBe(canonicalId("한나"));
});
