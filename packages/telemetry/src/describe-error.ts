/**
 * Names an error, and those behind it, for a log: `Error ECONNREFUSED`, or
 * `Error 503`. Messages are left out, because a message may quote what it is about.
 */
export function describeError(error: unknown): string | undefined {
  if (!(error instanceof Error)) {
    return error === undefined ? undefined : typeof error;
  }
  const { name, cause } = error;
  const code = "code" in error && ["string", "number"].includes(typeof error.code) ? ` ${error.code}` : "";
  const behind = describeError(cause);
  return behind === undefined ? `${name}${code}` : `${name}${code} < ${behind}`;
}

/** The log field that names an error: none where there is no error. */
export function causeOf(error: unknown): { readonly cause?: string } {
  const cause = describeError(error);
  return cause === undefined ? {} : { cause };
}

/** Where an error was thrown: its stack without its message, of which a line may look like one of the stack. */
export function stackOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || error.stack === undefined) {
    return undefined;
  }
  const start = error.message === "" ? -1 : error.stack.indexOf(error.message);
  return error.stack
    .slice(start < 0 ? 0 : start + error.message.length)
    .split("\n")
    .filter((line) => /^\s+at /.test(line))
    .map((line) => line.trim())
    .join(" | ");
}
