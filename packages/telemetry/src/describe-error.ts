/**
 * Names an error, and those behind it, for a log: `Error ECONNREFUSED`. Messages
 * are left out, because a message may quote what it is about.
 */
export function describeError(error: unknown): string | undefined {
  if (!(error instanceof Error)) {
    return error === undefined ? undefined : typeof error;
  }
  const { name, cause } = error;
  const code = "code" in error && typeof error.code === "string" ? ` ${error.code}` : "";
  const behind = describeError(cause);
  return behind === undefined ? `${name}${code}` : `${name}${code} < ${behind}`;
}

/** Where an error was thrown: its stack without its message. */
export function stackOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || error.stack === undefined) {
    return undefined;
  }
  return error.stack
    .split("\n")
    .filter((line) => /^\s+at /.test(line))
    .map((line) => line.trim())
    .join(" | ");
}
