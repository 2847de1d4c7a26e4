import { settings } from "@verigate/gateway";
import { expect, it } from "vitest";
import { settingsPage } from "./settings-page.ts";

const lines = settingsPage(settings).split("\n");

it.each(Object.entries(settings))("%s has a row with its default and meaning", (name, setting) => {
  const row = lines.find((line) => line.startsWith(`| \`${name}\` `));
  expect(row).toContain(setting.meaning.replaceAll("|", "\\|"));
  expect(row).toContain(setting.default === undefined ? "| - |" : `| \`${setting.default}\` |`);
});

it("a secret's row says that it may stand in a file, no other's does", () => {
  const plain = { shape: "text", default: undefined, meaning: "Plain.", parse: String };
  const page = settingsPage({ A: plain, B: { ...plain, isSecret: true } });
  expect(page).toContain("| `A` | text | - | Plain. |");
  expect(page).toContain("| `B` or `B_FILE` | text | - | Plain. |");
});

it("a bar in a text does not end its cell", () => {
  const page = settingsPage({ A: { shape: "a|b", default: undefined, meaning: "M.", parse: String } });
  expect(page).toContain("| `A` | a\\|b | - | M. |");
});
