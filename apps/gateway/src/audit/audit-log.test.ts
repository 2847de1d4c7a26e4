import { mkdtemp, readFile, rename, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createAppendFile } from "./append-file.ts";
import { type AuditLogOptions, createAuditLog } from "./audit-log.ts";
import type { SecurityDecision } from "./security-decision.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "audit-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

const never = new Promise<void>(() => {});

function decisionOf(caller: string): SecurityDecision {
  return { caller, listener: "127.0.0.1:8080", method: "verigate.v1.AuthAPI/VerifyPin", decision: "denied", rule: "x" };
}

function auditLog(path: string, given: Partial<AuditLogOptions> = {}) {
  const file = createAppendFile(path);
  const seen = { lost: 0, failures: 0 };
  const log = createAuditLog({
    append: file.append,
    closeDestination: file.close,
    wallMs: () => 0,
    untilRetry: () => never,
    onFailure: () => {
      seen.failures += 1;
    },
    onLost: (count) => {
      seen.lost += count;
    },
    ...given,
  });
  return { log, seen };
}

async function linesOf(path: string): Promise<Record<string, unknown>[]> {
  const text = await readFile(path, "utf8");
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));
}

it("each decision is one line, in order, of a file that only its owner may read", async () => {
  const path = join(folder, "audit.log");
  const { log } = auditLog(path);

  for (const caller of ["a", "b", "c"]) {
    log.record(decisionOf(caller));
  }
  await log.close(never);

  expect(await linesOf(path)).toEqual(
    ["a", "b", "c"].map((caller) => ({ time: "1970-01-01T00:00:00.000Z", type: "audit", ...decisionOf(caller) })),
  );
  expect((await stat(path)).mode & 0o777).toBe(0o600);
});

it("a file that is rotated away ends with a whole line, and the next one starts with the next decision", async () => {
  const [path, rotated] = [join(folder, "audit.log"), join(folder, "audit.log.1")];
  const file = createAppendFile(path);

  await file.append("one\n");
  await rename(path, rotated);
  await file.append("two\n");
  await rm(path);
  await file.append("three\n");
  await file.close();

  expect(await readFile(rotated, "utf8")).toBe("one\n");
  expect(await readFile(path, "utf8")).toBe("three\n");
});

it("a disk that is full is told once, and what can't be written by the end counts as lost", async () => {
  let retries = 0;
  const { log, seen } = auditLog("/dev/full", {
    untilRetry: async () => {
      retries += 1;
      if (retries === 3) {
        stop();
      }
    },
  });
  let stop = () => {};
  const stopped = new Promise<void>((resolve) => {
    stop = resolve;
  });

  log.record(decisionOf("a"));
  log.record(decisionOf("b"));
  await log.close(stopped);

  expect(seen).toEqual({ lost: 2, failures: 1 });
});

it("a line about lost decisions that can't be written itself is no further loss", async () => {
  let stop = () => {};
  const stopped = new Promise<void>((resolve) => {
    stop = resolve;
  });
  let fail: (error: Error) => void = () => {};
  let appends = 0;
  const { log, seen } = auditLog("unused", {
    append: () =>
      new Promise((_, reject) => {
        appends += 1;
        fail = reject;
      }),
    untilRetry: async () => {},
    closeDestination: async () => {},
  });

  for (let count = 0; count < 10_003; count += 1) {
    log.record(decisionOf(String(count)));
  }
  expect(seen.lost).toBe(3);
  // From the second attempt on, the line stands there too.
  fail(new Error("full"));
  while (appends < 2) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  stop();
  await log.close(stopped);

  expect(seen.lost).toBe(10_003);
});

it("decisions that come faster than they are written are lost and counted, and the log says how many", async () => {
  const path = join(folder, "audit.log");
  const file = createAppendFile(path);
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const { log, seen } = auditLog(path, {
    append: async (text) => {
      await held;
      await file.append(text);
    },
    closeDestination: file.close,
  });

  for (let count = 0; count < 10_003; count += 1) {
    log.record(decisionOf(String(count)));
  }
  release();
  await log.close(never);
  const lines = await linesOf(path);

  expect(seen.lost).toBe(3);
  expect(lines.length).toBe(10_001);
  expect(lines.at(-1)).toMatchObject({ lost: 3 });
});
