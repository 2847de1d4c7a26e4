import { expect, it } from "vitest";
import { soakSectionIn, withSoakSection } from "./soak-section.ts";

const notRun = soakSectionIn("");
const start = notRun.split("\n").at(0);
const end = notRun.split("\n").at(-1);
const page = `# Performance\n\n${notRun}\n\nAgain: run it.\n`;
const section = `${start}\n\nflat, $& and all\n\n${end}`;

it("a soak replaces what the page says of one, and nothing else", () => {
  const once = withSoakSection(page, section);
  expect(once).toBe(`# Performance\n\n${section}\n\nAgain: run it.\n`);
  expect(withSoakSection(once, notRun)).toBe(page);
});

it("a page that is written anew keeps what the last soak found", () => {
  expect(soakSectionIn(withSoakSection(page, section))).toBe(section);
});

it("a page without a place for it is refused", () => {
  expect(() => withSoakSection("# Performance\n", section)).toThrow("pnpm bench --write");
});
