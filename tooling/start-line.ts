import { readFileSync } from "node:fs";

/** How the command starts: what its first line asks of env(1). */
export interface StartLine {
  /** Variables of the C library and of Node that have to be there before it starts. */
  readonly env: Readonly<Record<string, string>>;
  /** Flags of Node, in their order. */
  readonly flags: readonly string[];
}

/** The one place that says it; image and scripts repeat it, and a test compares them. */
export function readStartLine(): StartLine {
  return parseStartLine(readFileSync(new URL("../apps/gateway/src/main.ts", import.meta.url), "utf8"));
}

/** Reads `#!/usr/bin/env -S NAME=value... node --flag...`. Throws an Error where a text starts otherwise. */
export function parseStartLine(source: string): StartLine {
  const [, words] = /^#!\/usr\/bin\/env -S (.*)\n/.exec(source) ?? [];
  const [before, after, ...more] = (words ?? "").split(/(?:^| )node(?: |$)/);
  if (before === undefined || after === undefined || more.length > 0) {
    throw new Error("the first line does not start Node by env -S");
  }
  const env = before.split(" ").filter((word) => word !== "");
  return {
    env: Object.fromEntries(env.map((word) => word.split("=", 2))),
    flags: after.split(" ").filter((word) => word !== ""),
  };
}
