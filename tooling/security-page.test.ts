import { readFileSync } from "node:fs";
import { expect, it } from "vitest";

/** Rows of three columns; the last one names tests, each by its file and its title. */
const threats = readFileSync("SECURITY.md", "utf8")
  .split("\n")
  .map((line) => /^\| (.+?) \| (.+?) \| (.+) \|$/.exec(line))
  .filter((row) => row !== null)
  .map(([, threat = "", defence = "", tests = ""]) => ({ threat, defence, tests: tests.split(" <br> ") }))
  .filter(({ threat }) => threat !== "threat");

it("the threat model has rows", () => {
  expect(threats.length).toBeGreaterThan(20);
});

it.each(threats)("a test shows the defence against: $threat", ({ tests }) => {
  for (const test of tests) {
    const [, file = "", title = ""] = /^`(.+?)`: (.+)$/.exec(test) ?? [];
    const text = readFileSync(file, "utf8");

    expect(text.replaceAll(/\(\s+"/g, '("')).toContain(`("${title}",`);
    expect(text).not.toMatch(/\b(it|test|describe)\.(skip|only|todo)\(/);
  }
});

it.each(threats)("each part of a defence has a test of its own, against: $threat", ({ defence, tests }) => {
  expect(new Set(tests).size).toBe(tests.length);
  expect(tests.length).toBeGreaterThanOrEqual(defence.split("; ").length);
});
