import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { describe, expect, test } from "vitest";
import { startNode } from "../src/command-under-test.ts";
import { inRepository } from "../src/repository.ts";

const main = inRepository("e2e/observe/main.ts");
const defaultPorts = ["8080", "8081", "8025", "9090"];

/** Whether somebody answers there. */
const isAnswered = (url: string) =>
  fetch(url).then(
    () => true,
    () => false,
  );

describe("pnpm observe", () => {
  test("starts everything, tells where to look, and leaves nothing behind", async () => {
    // Redis and Prometheus have tests of their own; without them it has to work too.
    const command = startNode([main], { PATH: "" });
    const [line] = await command.said(/"event":"ready".*/);
    const ready = JSON.parse(`{${line}`);
    const urls: string[] = [ready.gateway, ready.metrics, ready.sandbox];
    expect(await Promise.all(urls.map(isAnswered))).toEqual([true, true, true]);
    expect(urls.filter((url) => defaultPorts.includes(new URL(url).port))).toEqual([]);
    expect(ready.missing).toEqual([expect.stringContaining("Prometheus"), expect.stringContaining("Redis")]);
    expect(existsSync(ready.log)).toBe(true);
    const [progress] = await command.said(/"event":"progress".*/);
    expect(JSON.parse(`{${progress}`).loginsStarted).toBeGreaterThan(0);

    command.kill("SIGINT");
    expect(await command.ended).toBe(0);
    expect(await Promise.all(urls.map(isAnswered))).toEqual([false, false, false]);
    expect(existsSync(dirname(ready.log))).toBe(false);
  });
});
