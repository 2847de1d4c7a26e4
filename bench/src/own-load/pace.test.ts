import { expect, it } from "vitest";
import { nowMs } from "./now-ms.ts";
import { pace } from "./pace.ts";

it("calls that come late are told when they were due, and none comes early", async () => {
  const told: { readonly number: number; readonly dueMs: number; readonly atMs: number }[] = [];
  await pace({ callsPerSecond: 1_000, count: 60 }, (number, dueMs) => {
    const atMs = nowMs();
    told.push({ number, dueMs, atMs });
    while (number === 5 && nowMs() < atMs + 20) {
      // As a call does that keeps the whole process busy.
    }
  });
  expect(told.map(({ number }) => number)).toEqual(Array.from({ length: 60 }, (_, number) => number));
  const [firstMs = 0] = told.map(({ dueMs }) => dueMs);
  expect(told.map(({ dueMs }) => Math.round(dueMs - firstMs))).toEqual(told.map(({ number }) => number));
  expect(told.filter(({ dueMs, atMs }) => atMs < dueMs)).toEqual([]);
});
