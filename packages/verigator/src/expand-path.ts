import { Fault } from "@verigate/call";

/** What needs no escaping: RFC 3986's unreserved characters, and no dot, which could make a dot segment. */
const plain = /^[\w~-]+$/;

/**
 * Fills a path template such as `/v1/service/service/{serviceId}/users`.
 *
 * Each value becomes exactly one path segment: everything outside RFC 3986's
 * unreserved characters is percent-encoded, a slash too. An empty value, `.` and
 * `..` can't be one (RFC 3986, 5.2.4, removes dot segments even when they are
 * encoded), nor can text that is not well-formed Unicode: all are an
 * `invalid-request`.
 */
export function expandPath(template: string, values: Readonly<Record<string, string>>): string {
  let path = "";
  let isName = false;
  for (const part of partsOf(template)) {
    path += isName ? segmentFrom(part, values) : part;
    isName = !isName;
  }
  return path;
}

const known = new Map<string, readonly string[]>();

/** What stands between names, and names, in turn. Templates are few. */
function partsOf(template: string): readonly string[] {
  let parts = known.get(template);
  if (parts === undefined) {
    parts = template.split(/[{}]/);
    known.set(template, parts);
  }
  return parts;
}

function segmentFrom(name: string, values: Readonly<Record<string, string>>): string {
  const value = values[name] ?? "";
  if (plain.test(value)) {
    return value;
  }
  if (value === "" || value === "." || value === ".." || !value.isWellFormed()) {
    throw new Fault("invalid-request", {
      violations: [{ field: snakeCase(name), description: "can't be part of a path" }],
    });
  }
  return encodeURIComponent(value).replaceAll(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
