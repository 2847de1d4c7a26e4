import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { forbiddenImports } from "./forbidden-imports.ts";
import { importRules } from "./import-rules.ts";

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "imports-"));
});

afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

/** Lays files into a repository of nothing else; each imports what it is given. */
function lay(files: Readonly<Record<string, readonly string[]>>): void {
  for (const [path, imports] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    const lines = imports.map((from) => `import type { a } from "${from}";`);
    writeFileSync(join(root, path), [...lines, "export type a = string;", ""].join("\n"));
  }
}

const violations: readonly { readonly rule: string; readonly files: Readonly<Record<string, readonly string[]>> }[] = [
  ...["contract", "resilience", "telemetry", "verigator", "rpc-server", "client"].map((name) => ({
    rule: "packages/call imports nothing of ours",
    files: { "packages/call/a.ts": [`../${name}/a.ts`], [`packages/${name}/a.ts`]: [] },
  })),
  {
    rule: "packages/contract imports nothing of ours",
    files: { "packages/contract/a.ts": ["../call/a.ts"], "packages/call/a.ts": [] },
  },
  ...["resilience", "telemetry", "verigator", "rpc-server"].flatMap((name, _, all) =>
    [...all.filter((other) => other !== name), "client"].map((other) => ({
      rule: `packages/${name} imports only packages/call, packages/contract`,
      files: { [`packages/${name}/a.ts`]: [`../${other}/a.ts`], [`packages/${other}/a.ts`]: [] },
    })),
  ),
  {
    rule: "packages/client imports only packages/contract",
    files: { "packages/client/a.ts": ["../call/a.ts"], "packages/call/a.ts": [] },
  },
  ...["packages/client", "apps/sandbox", "tooling"].map((other) => ({
    rule:
      "apps/gateway imports only packages/call, packages/contract, packages/resilience, packages/telemetry, " +
      "packages/verigator, packages/rpc-server",
    files: { "apps/gateway/a.ts": [`../../${other}/a.ts`], [`${other}/a.ts`]: [] },
  })),
  ...["packages/verigator", "packages/call", "packages/contract", "apps/gateway"].map((other) => ({
    rule: "apps/sandbox imports nothing of ours",
    files: { "apps/sandbox/a.ts": [`../../${other}/a.ts`], [`${other}/a.ts`]: [] },
  })),
  {
    rule: "examples/login imports only packages/client, packages/contract",
    files: { "examples/login/a.ts": ["../../apps/gateway/a.ts"], "apps/gateway/a.ts": [] },
  },
  ...["packages/verigator/src/other.ts", "apps/gateway/a.ts"].map((path) => ({
    rule: "only packages/verigator/src/undici- imports undici",
    files: { [path]: ["undici"] },
  })),
  {
    rule: "only packages/resilience/src/breaker.ts imports opossum",
    files: { "packages/resilience/src/retry.ts": ["opossum"] },
  },
  {
    rule: "only packages/telemetry/ imports prom-client",
    files: { "apps/gateway/a.ts": ["prom-client"] },
  },
  {
    rule: "only packages/telemetry/src/tracing- imports @opentelemetry/sdk-trace",
    files: { "packages/telemetry/src/logger.ts": ["@opentelemetry/sdk-trace"] },
  },
  { rule: "no cycles", files: { "packages/call/a.ts": ["./b.ts"], "packages/call/b.ts": ["./a.ts"] } },
  { rule: "every import is found", files: { "packages/call/a.ts": ["./missing.ts"] } },
];

it.each(violations)("an import is found that breaks: $rule", async ({ rule, files }) => {
  lay(files);
  const { mistakes } = await forbiddenImports(root);
  expect(mistakes.map((mistake) => mistake.split(": ").at(-1))).toContain(rule);
});

it("every rule has a violation above", () => {
  expect(new Set(violations.map(({ rule }) => rule))).toEqual(new Set(importRules.map(({ name }) => name)));
});

it("allowed imports pass", async () => {
  lay({
    "apps/gateway/a.ts": ["../../packages/resilience/a.ts", "./b.ts"],
    "apps/gateway/b.ts": ["../../tooling/bundle/a.ts"],
    "tooling/bundle/a.ts": [],
    "packages/resilience/a.ts": ["../call/a.ts"],
    "packages/call/a.ts": [],
  });
  expect(await forbiddenImports(root)).toEqual({ mistakes: [], modules: 5, imports: 4 });
});

it("a folder that no rule names is a mistake", async () => {
  lay({ "packages/novel/a.ts": [] });
  expect((await forbiddenImports(root)).mistakes).toEqual(["packages/novel: has no row in import-rules.ts"]);
});

it("a folder in which nothing was found is a mistake", async () => {
  lay({ "packages/call/a.ts": [] });
  mkdirSync(join(root, "packages/contract"));
  expect((await forbiddenImports(root)).mistakes).toEqual(["packages/contract: no module was found"]);
});
