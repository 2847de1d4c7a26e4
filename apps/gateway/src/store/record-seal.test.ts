import { expect, it } from "vitest";
import { createRecordSeal } from "./record-seal.ts";

const [oldKey, newKey] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
const claimOf = (first: string, ...others: string[]) => ({
  names: [{ name: first, payload: "p" }, ...others.map((name) => ({ name, payload: "p" }))] as const,
  owner: "o",
  keptMs: 1,
  caller: "c",
});
const sealed = createRecordSeal([oldKey]).seal(claimOf("a"), "record. with dots.");

it("what was sealed for a claim can be opened, also when the key has been replaced", () => {
  expect(createRecordSeal([oldKey]).open(claimOf("a"), sealed)).toBe("record. with dots.");
  expect(createRecordSeal([newKey, oldKey]).open(claimOf("b", "a"), sealed)).toBe("record. with dots.");
});

it("a record can't be opened for what was not asked, such as another user's PIN", () => {
  const [{ name }] = claimOf("a").names;
  const other = { ...claimOf("a"), names: [{ name, payload: "q" }] as const };

  expect(createRecordSeal([oldKey]).open(other, sealed)).toBeUndefined();
});

it.each([
  ["of another claim", createRecordSeal([oldKey]), "b", sealed],
  ["of another key", createRecordSeal([newKey]), "a", sealed],
  ["that was changed", createRecordSeal([oldKey]), "a", `${sealed}!`],
  ["that was never sealed", createRecordSeal([oldKey]), "a", "record"],
])("a record %s can't be opened", (_, seal, name, text) => {
  expect(seal.open(claimOf(name), text)).toBeUndefined();
});
