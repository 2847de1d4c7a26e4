import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import type { Clock, Timer } from "@verigate/call";
import { codeOf } from "./settings/parsers.ts";

export interface WatchedFilesOptions<Value> {
  readonly clock: Clock;
  /** Files that belong together, such as a certificate and its key. */
  readonly paths: readonly string[];
  /** Makes a value of their contents, in the order of the paths. Throws where they are not right. */
  readonly parse: (contents: readonly Buffer[]) => Value;
  /** The same, for changes: without holding up calls, where `parse` would. */
  readonly parseAside?: (contents: readonly Buffer[]) => Promise<Value>;
  /** Told of a new value. What it throws keeps the last one, too. */
  readonly onChange?: (value: Value) => void;
  /** Told of a value that is in force now, or, with what is wrong, of one that is not. */
  readonly onReload: (error?: unknown) => void;
}

/** A value that follows the files it is made of. */
export interface WatchedFiles<Value> {
  /** Of the files when they were last right. */
  readonly current: Value;
  /** Whether that is what they hold, as far as they have been looked at. */
  readonly isInForce: boolean;
  close(): void;
}

/** Between two looks at the files, which are a stat(2) each. */
const lookMs = 1_000;
const fileBytesMax = 1024 * 1024;

/**
 * Reads files, and again whenever they lead to other contents: rewritten, replaced
 * or, as Kubernetes does with projected volumes, behind a symbolic link that was
 * turned. They are looked at, because notifications of the file system miss the
 * latter and don't pass every mount.
 *
 * Files are read when two looks in a row saw the same, so that one which is just
 * being written, or whose partner is, does no harm. What is not right is reported
 * once, and the last right value stays. What could not be read, as where file
 * descriptors ran out, is tried again at every look.
 *
 * Throws where the files are not right to begin with.
 */
export function createWatchedFiles<Value>(options: WatchedFilesOptions<Value>): WatchedFiles<Value> {
  const { clock, paths, parse, onReload } = options;
  const contents = paths.map((path) => readFileSync(path));
  let digest = digestOf(contents);
  let current = parse(contents);
  let isInForce = true;
  /** What was seen at the last look, when the files were last read, and when they could not be. */
  let seen = "";
  let judged = "";
  let unread = "";
  let timer: Timer | undefined;
  let isClosed = false;

  async function look(): Promise<void> {
    const now = await signatureOf(paths);
    const isSettled = now === seen;
    seen = now;
    if (isSettled && now !== judged) {
      try {
        const next = await Promise.all(paths.map(readSmallFile));
        judged = now;
        unread = "";
        await judge(next);
        isInForce = true;
      } catch (error) {
        isInForce = false;
        if (now !== unread) {
          onReload(error);
        }
        if (now !== judged) {
          // It is tried at the next look again, because nothing shows that it can be read by then.
          unread = now;
          judged = "";
        }
      }
    }
    if (!isClosed) {
      timer = clock.setTimer(lookMs, look);
    }
  }

  async function judge(next: readonly Buffer[]): Promise<void> {
    const nextDigest = digestOf(next);
    if (nextDigest === digest || isClosed) {
      return;
    }
    const value = options.parseAside === undefined ? parse(next) : await options.parseAside(next);
    options.onChange?.(value);
    current = value;
    digest = nextDigest;
    onReload();
  }

  timer = clock.setTimer(lookMs, look);
  return {
    get current() {
      return current;
    },
    get isInForce() {
      return isInForce;
    },
    close() {
      isClosed = true;
      timer?.cancel();
    },
  };
}

/** Differs whenever a path leads to another file, or to the same one with other contents; also of one that is missing. */
async function signatureOf(paths: readonly string[]): Promise<string> {
  const signatures = paths.map(async (path) => {
    try {
      const { dev, ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
      return [dev, ino, size, mtimeNs, ctimeNs].join(" ");
    } catch (error) {
      return codeOf(error);
    }
  });
  return (await Promise.all(signatures)).join("\n");
}

async function readSmallFile(path: string): Promise<Buffer> {
  const { size } = await stat(path);
  if (size > fileBytesMax) {
    throw new Error(`a file is larger than ${fileBytesMax} bytes`);
  }
  return readFile(path);
}

function digestOf(contents: readonly Buffer[]): string {
  const digest = createHash("sha256");
  for (const content of contents) {
    digest.update(String(content.byteLength)).update(" ").update(content);
  }
  return digest.digest("hex");
}
