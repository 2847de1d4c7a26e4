/** Parsers of OpenTelemetry's own shapes; see {@link parsers.ts} for what an Error of theirs says. */

/** `true` or `false`, in any case. */
export function otelBooleanFrom(text: string): boolean {
  const lower = text.toLowerCase();
  if (lower !== "true" && lower !== "false") {
    throw new Error(`"${text}" is neither true nor false`);
  }
  return lower === "true";
}

/** A number from 0 to 1. */
export function ratioFrom(text: string): number {
  const ratio = /^(\d{1,9})?(\.\d{1,18})?$/.test(text) ? Number(text) : Number.NaN;
  if (!(ratio >= 0 && ratio <= 1)) {
    throw new Error(`"${text}" is not a number from 0 to 1`);
  }
  return ratio;
}

/** `name=value` pairs with commas between them, values percent-encoded. Not quoted: they may be secrets. */
export function pairsFrom(text: string): ReadonlyMap<string, string> {
  return new Map(
    text
      .split(",")
      .filter((pair) => pair.trim() !== "")
      .map((pair) => {
        const [, name = "", value = ""] = /^([^=]*)=(.*)$/s.exec(pair) ?? [];
        if (name.trim() === "") {
          throw new Error("must be pairs such as name=value, with commas between them");
        }
        return [name.trim(), decoded(value.trim())];
      }),
  );
}

/** Pairs that can be headers of a request. */
export function headersFrom(text: string): ReadonlyMap<string, string> {
  const headers = pairsFrom(text);
  for (const [name, value] of headers) {
    if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name) || !/^[\x20-\x7e]*$/.test(value)) {
      throw new Error("has a name or a value that can't be a header's");
    }
  }
  return headers;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Error("has a value whose percent-encoding is broken");
  }
}
