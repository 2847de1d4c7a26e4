import { timingSafeEqual } from "node:crypto";
import { LineMistakes } from "../line-mistakes.ts";
import { isCallerName } from "./caller-name.ts";

/** The keys that callers may show. */
export interface BearerKeys {
  /** The name of the caller whose key has this SHA-256 hash; undefined where nobody's has. */
  callerOf(digest: Buffer): string | undefined;
}

/** A caller has two keys while one takes the place of the other. */
const keysPerCallerMax = 2;
const linePattern = /^(\S+)\s+sha256:([0-9a-f]{64})$/i;

/**
 * Reads a file of keys: one a line, `name sha256:<hash in hex>`; white space around
 * it, empty lines and those that start with # don't count. Throws LineMistakes with
 * everything that is wrong, none of which quotes the line: it may be a key.
 */
export function parseBearerKeys(text: string): BearerKeys {
  const mistakes = new LineMistakes();
  const entries = new Map<string, { readonly name: string; readonly digest: Buffer; readonly line: number }>();
  const counts = new Map<string, number>();
  for (const [index, raw] of text.split("\n").entries()) {
    const line = index + 1;
    const content = raw.trim();
    if (content === "" || content.startsWith("#")) {
      continue;
    }
    const [, name = "", hex = ""] = linePattern.exec(content) ?? [];
    const digest = Buffer.from(hex, "hex");
    const twin = entries.get(lookupOf(digest));
    const count = (counts.get(name) ?? 0) + 1;
    if (hex === "") {
      mistakes.add(line, "is not `name sha256:<64 hexadecimal digits>`, as `verigate key new NAME` prints it");
    } else if (!isCallerName(name)) {
      mistakes.add(line, "the name must be 1-256 visible ASCII characters, and neither `anonymous` nor `unknown`");
    } else if (twin !== undefined) {
      mistakes.add(line, `is the same key as in line ${twin.line}`);
    } else if (count > keysPerCallerMax) {
      mistakes.add(line, `${name} has ${keysPerCallerMax} keys already`);
    } else {
      counts.set(name, count);
      entries.set(lookupOf(digest), { name, digest, line });
    }
  }
  if (entries.size === 0 && mistakes.isEmpty) {
    // A file that is just being written, rather than one which lets nobody in.
    mistakes.add(1, "there is no key");
  }
  mistakes.throwIfAny();
  return {
    callerOf(digest) {
      // How far a look-up gets tells something of the hash, which tells nothing of the key.
      const entry = entries.get(lookupOf(digest));
      return entry !== undefined && timingSafeEqual(entry.digest, digest) ? entry.name : undefined;
    },
  };
}

function lookupOf(digest: Buffer): string {
  return digest.toString("latin1");
}
