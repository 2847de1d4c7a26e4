import { readFileSync } from "node:fs";
import { isAbsolute } from "node:path";
import { assertCertificates } from "../pem-certificates.ts";

/**
 * Parsers of setting values. Each throws an Error whose message completes
 * "NAME: ..." for whoever wrote the setting; none quotes a value that could be a
 * secret.
 */

const durationUnits: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** `1500ms`, `10s`, `1m`, `1h`, or `0`; in milliseconds, from `minMs` to `maxMs`. */
export function durationOf(minMs: number, maxMs: number = 24 * 3_600_000): (text: string) => number {
  return (text) => {
    const match = /^(\d{1,9})(ms|s|m|h)$/.exec(text);
    const ms = text === "0" ? 0 : Number(match?.[1]) * (durationUnits[match?.[2] ?? ""] ?? Number.NaN);
    if (!(ms >= minMs && ms <= maxMs)) {
      throw new Error(`"${text}" is not a duration from ${minMs}ms to ${maxMs}ms, such as 1500ms, 10s or 1m`);
    }
    return ms;
  };
}

export function integerOf(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= min && value <= max)) {
      throw new Error(`"${text}" is not a whole number from ${min} to ${max}`);
    }
    return value;
  };
}

export function booleanFrom(text: string): boolean {
  if (text !== "true" && text !== "false") {
    throw new Error(`"${text}" is neither true nor false`);
  }
  return text === "true";
}

export function oneOf<Value extends string>(...values: readonly Value[]): (text: string) => Value {
  return (text) => {
    const value = values.find((each) => each === text);
    if (value === undefined) {
      throw new Error(`"${text}" is none of ${values.join(", ")}`);
    }
    return value;
  };
}

/** A comma list of at least one; white space around the commas is dropped. */
export function listOf<Value>(parse: (text: string) => Value): (text: string) => readonly [Value, ...Value[]] {
  return (text) => {
    const [first = "", ...others] = text.split(",").map((part) => part.trim());
    return [parse(first), ...others.map(parse)];
  };
}

/** A comma list of at most `max`. */
export function listOfAtMost<Value>(max: number, parse: (text: string) => Value): (text: string) => readonly Value[] {
  const parseList = listOf(parse);
  return (text) => {
    const values = parseList(text);
    if (values.length > max) {
      throw new Error(`has ${values.length} entries; ${max} are the most`);
    }
    return values;
  };
}

/** The id of a service, as the contract has it. */
export function serviceIdFrom(text: string): string {
  if (text === "" || Buffer.byteLength(text) > 256 || /\p{Cc}/u.test(text)) {
    throw new Error(`"${text}" is not an id of 1 to 256 bytes`);
  }
  return text;
}

/** An http or https URL without credentials, query or fragment. Not quoted: it may hold a password. */
export function httpUrlFrom(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !["http:", "https:"].includes(url.protocol)) {
    throw new Error("is not an http or https URL");
  }
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") {
    throw new Error("must be a URL without credentials, query and fragment");
  }
  return url;
}

/** An http or https URL, which may hold the proxy's credentials, and so is not quoted. */
export function proxyUrlFrom(text: string): string {
  if (!URL.canParse(text) || !["http:", "https:"].includes(new URL(text).protocol)) {
    throw new Error("is not an http or https URL");
  }
  return text;
}

/**
 * A Redis server: `redis://` or `rediss://`, with user and password where there
 * are some, and at most the number of a database behind. Not quoted: it may hold
 * a password.
 */
export function redisUrlFrom(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !["redis:", "rediss:"].includes(url.protocol) || url.hostname === "") {
    throw new Error("is not a redis or rediss URL");
  }
  if (!/^\/?\d{0,4}$/.test(url.pathname) || url.search !== "" || url.hash !== "") {
    throw new Error("must end with its port or the number of a database");
  }
  return url;
}

/** A secret key of 32 bytes or more, in base64. Not quoted. */
export function keyFrom(text: string): Uint8Array {
  const key = Buffer.from(text, "base64");
  if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(text) || key.byteLength < 32) {
    throw new Error("each key must be 32 bytes or more in base64, such as `openssl rand -base64 32` prints");
  }
  return key;
}

/** An origin as browsers send it: scheme, host and port, without a slash behind. */
export function originFrom(text: string): string {
  if (!URL.canParse(text) || new URL(text).origin !== text) {
    throw new Error(`"${text}" is not an origin such as https://app.example.com`);
  }
  return text;
}

/** A host name, or `*`. */
export function hostNameFrom(text: string): string {
  if (text !== "*" && !/^[A-Za-z0-9._-]{1,253}$/.test(text)) {
    throw new Error(`"${text}" is not a host name`);
  }
  return text;
}

/** Text that can stand in an HTTP header. Not quoted: it may be a secret. */
export function headerTextFrom(text: string): string {
  if (!/^[\x21-\x7e]+$/.test(text)) {
    throw new Error("must be one or more visible ASCII characters");
  }
  return text;
}

/** An account's name. A colon would end it early, since it is joined to the password by one. */
export function usernameFrom(text: string): string {
  if (text.includes(":")) {
    throw new Error("must not contain a colon");
  }
  return headerTextFrom(text);
}

/** A file, as it was when the settings were read. */
export interface FileContent {
  readonly path: string;
  readonly bytes: Buffer;
}

/** A path of a file that can be read. */
export function fileFrom(path: string): FileContent {
  try {
    return { path, bytes: readFileSync(path) };
  } catch (error) {
    throw new Error(`the file "${path}" can't be read (${codeOf(error)})`);
  }
}

/** A path of a file with certificates of authorities in PEM. */
export function authoritiesFrom(path: string): FileContent {
  const file = fileFrom(path);
  try {
    assertCertificates(file.bytes);
  } catch (error) {
    throw new Error(`the file "${path}": ${error instanceof Error ? error.message : "can't be used"}`);
  }
  return file;
}

/** Where public keys are found: an https URL, or the absolute path of a file that can be read. */
export function jwksAddressFrom(text: string): URL | FileContent {
  if (text.startsWith("/")) {
    return fileFrom(text);
  }
  const url = httpUrlFrom(text);
  if (url.protocol !== "https:") {
    throw new Error("is neither an https URL nor an absolute path");
  }
  return url;
}

export function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "unknown reason";
}

/** `off`, `stdout` or an absolute path. */
export function auditDestinationFrom(text: string): string {
  if (text !== "off" && text !== "stdout" && !isAbsolute(text)) {
    throw new Error("must be off, stdout or an absolute path");
  }
  return text;
}
