import { spawnSync } from "node:child_process";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "secrets-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** What the step of `pnpm check` says of a file with this text. */
function exitCodeOf(text: string): number | null {
  const path = join(folder, "notes.txt");
  writeFileSync(path, text);
  return spawnSync("node_modules/.bin/secretlint", [path], { stdio: "ignore" }).status;
}

// Made here, so that this file does not hold what it looks for.
const random = randomBytes(32).toString("base64url");
const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });

it.each([
  ["a caller's key", `authorization: Bearer vg_${random}`],
  ["an account's password", `export MESSENTE_API_PASSWORD=${random}`],
  ["a private key", privateKey.export({ type: "pkcs8", format: "pem" }).toString()],
])("%s in a file fails the check", (_, text) => {
  expect(exitCodeOf(text)).toBe(1);
});

it("the sandbox's account is no secret", () => {
  expect(exitCodeOf("MESSENTE_API_PASSWORD=sandbox MESSENTE_API_USERNAME=sandbox\n")).toBe(0);
});
