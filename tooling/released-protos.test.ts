import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { breakingChanges, releaseProtos } from "./released-protos.ts";

const repository = join(import.meta.dirname, "..");
const source = "proto/verigate/v1/user.proto";
let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "protos-"));
  for (const path of ["proto", "gen/third-party", "buf.yaml"]) {
    cpSync(join(repository, path), join(root, path), { recursive: true });
  }
  mkdirSync(join(root, "packages/contract"), { recursive: true });
  mkdirSync(join(root, "tooling/released-protos"), { recursive: true });
  setVersion("1.0.0");
  releaseProtos(root);
});

afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

function setVersion(version: string): void {
  writeFileSync(join(root, "packages/contract/package.json"), JSON.stringify({ version }));
}

function edit(from: RegExp, to: string): void {
  const before = readFileSync(join(root, source), "utf8");
  const after = before.replace(from, to);
  expect(after).not.toBe(before);
  writeFileSync(join(root, source), after);
}

it("protos as released break nobody", () => {
  expect(breakingChanges(root)).toBeUndefined();
});

it("a new message breaks nobody", () => {
  edit(/$/, "\n// Novel is new.\nmessage Novel {}\n");
  expect(breakingChanges(root)).toBeUndefined();
});

it("a field that gets another number is a break", () => {
  edit(/ = 2;/, " = 222;");
  expect(breakingChanges(root)).toContain(`field "2" with name "id_in_service"`);
});

it("a break is none once it is released under a new version", () => {
  edit(/ = 2;/, " = 222;");
  setVersion("2.0.0");
  releaseProtos(root);
  expect(breakingChanges(root)).toBeUndefined();
});

it("changed protos are not released under the version that went out with others", () => {
  edit(/$/, "\n// Novel is new.\nmessage Novel {}\n");
  expect(() => releaseProtos(root)).toThrow("@verigate/contract 1.0.0 was released with other protos");
});
