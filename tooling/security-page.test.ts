import { readFileSync } from "node:fs";
import { expect, it } from "vitest";

const threats = readFileSync("SECURITY.md", "utf8")
  .split("\n")
  .map((line) => /^\| (.+?) \| .+ \| `(.+?)`: (.+) \|$/.exec(line))
  .filter((row) => row !== null)
  .map(([, threat = "", file = "", title = ""]) => ({ threat, file, title }));

it("the threat model has rows", () => {
  expect(threats.length).toBeGreaterThan(20);
});

it.each(threats)("a test shows the defence against: $threat", ({ file, title }) => {
  const text = readFileSync(file, "utf8");

  expect(text).toContain(`"${title}"`);
  expect(text).not.toMatch(/\b(it|test|describe)\.(skip|only|todo)\(/);
});
