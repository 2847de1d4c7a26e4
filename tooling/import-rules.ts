/** An import that is not allowed; `from`, `to` and the exceptions are regular expressions over paths from the root. */
export interface ImportRule {
  readonly name: string;
  readonly comment: string;
  readonly severity: "error";
  readonly from: { readonly path?: string; readonly pathNot?: string };
  readonly to: {
    readonly path?: string;
    readonly pathNot?: string;
    readonly circular?: true;
    readonly couldNotResolve?: true;
  };
}

/**
 * What of ours each part may import, besides itself. A folder without a row here
 * fails the check, so that a new package gets its rule on the day it is made.
 */
export const allowedImports: Readonly<Record<string, readonly string[]>> = {
  "packages/call": [],
  "packages/contract": [],
  "packages/resilience": ["packages/call", "packages/contract"],
  "packages/telemetry": ["packages/call", "packages/contract"],
  "packages/verigator": ["packages/call", "packages/contract"],
  "packages/rpc-server": ["packages/call", "packages/contract"],
  "packages/client": ["packages/contract"],
  "apps/gateway": [
    "packages/call",
    "packages/contract",
    "packages/resilience",
    "packages/telemetry",
    "packages/verigator",
    "packages/rpc-server",
  ],
  // Written from the upstream's documentation alone: what it shared with the client of that API, it would get wrong with it.
  "apps/sandbox": [],
  "examples/login": ["packages/client", "packages/contract"],
};

/** The only places from which these npm packages are imported. */
const importers: Readonly<Record<string, string>> = {
  undici: "packages/verigator/src/undici-",
  opossum: "packages/resilience/src/breaker.ts",
  "prom-client": "packages/telemetry/",
  // Loaded by an import() of these files, so that it costs nothing where traces are off.
  "@opentelemetry/sdk-trace": "packages/telemetry/src/tracing-",
};

export const importRules: readonly ImportRule[] = [
  ...Object.entries(allowedImports).map(([folder, allowed]) => ({
    name: `${folder} imports ${allowed.length === 0 ? "nothing of ours" : `only ${allowed.join(", ")}`}`,
    comment: "ARCHITECTURE.md says who may import whom.",
    severity: "error" as const,
    from: { path: `^${folder}/` },
    to: {
      path: "^(packages|apps|examples|e2e|bench|tooling)/",
      // What is in tooling/bundle is for the files that say how a bundle is made.
      pathNot: `^(${[folder, ...allowed, "tooling/bundle"].join("|")})/`,
    },
  })),
  ...Object.entries(importers).map(([name, importer]) => ({
    name: `only ${importer} imports ${name}`,
    comment: "One place knows the library, so that it can be replaced and its quirks are met once.",
    severity: "error" as const,
    from: { path: "^(packages|apps)/", pathNot: `^${importer}` },
    to: { path: `(^|node_modules/)(@types/)?${name}(/|$)` },
  })),
  {
    name: "no cycles",
    comment: "Modules that import each other can only be read, tested and loaded together.",
    severity: "error",
    from: {},
    to: { circular: true },
  },
  {
    name: "every import is found",
    comment: "What can't be resolved can't be judged by the other rules.",
    severity: "error",
    from: {},
    to: { couldNotResolve: true },
  },
];
