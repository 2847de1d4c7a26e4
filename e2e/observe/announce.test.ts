import { describe, expect, test } from "vitest";
import { jsonAnnouncer, textAnnouncer } from "./announce.ts";
import { readDashboards } from "./dashboards.ts";
import { LoadCounts } from "./load-counts.ts";

const addresses = {
  gatewayUrl: "http://127.0.0.1:1",
  adminUrl: "http://127.0.0.1:2",
  sandboxUrl: "http://127.0.0.1:3",
  prometheus: undefined,
  logPath: "/log",
};
const monitored = { ...addresses, prometheus: { url: "http://127.0.0.1:4" } };
const dashboards = readDashboards();

function written(create: typeof textAnnouncer) {
  const texts: string[] = [];
  return { texts, announcer: create(dashboards, (text) => texts.push(text)) };
}

describe("what pnpm observe says", () => {
  test("progress tells the rate since the last line, and what went wrong most", () => {
    const { texts, announcer } = written(textAnnouncer);
    const counts = new LoadCounts();
    const makeCalls = (number: number, end: string) => {
      for (let call = 0; call < number; call += 1) {
        counts.ended("GetUser", end);
      }
    };
    makeCalls(100, "OK");
    announcer.progress({ counts, episode: "calm" }, 5);
    makeCalls(115, "OK");
    makeCalls(5, "OVERLOADED");
    announcer.progress({ counts, episode: "the upstream is slow" }, 65);
    expect(texts[0]).toMatch(/^ +0:05 +20 calls\/s .*calm\n$/);
    expect(texts[1]).toMatch(/^ +1:05 +2 calls\/s .*the upstream is slow\n +so far: OVERLOADED 5\n$/);
  });

  test("a program gets one JSON object a line", () => {
    const { texts, announcer } = written(jsonAnnouncer);
    const counts = new LoadCounts();
    counts.ended("GetUser", "OK");
    announcer.ready(addresses, []);
    announcer.progress({ counts, episode: "calm" }, 5);
    announcer.stopping();
    expect(texts.map((text) => text.indexOf("\n") === text.length - 1)).toEqual([true, true, true]);
    const [ready, progress, stopping] = texts.map((text) => JSON.parse(text));
    expect(ready).toMatchObject({ event: "ready", gateway: addresses.gatewayUrl, missing: [] });
    expect(ready).not.toHaveProperty("prometheus");
    expect(progress).toMatchObject({ event: "progress", seconds: 5, calls: 1, ends: { OK: 1 }, episode: "calm" });
    expect(stopping).toEqual({ event: "stopping" });
  });

  test("what is missing is named, and nothing leads to a Prometheus that is not there", () => {
    const { texts, announcer } = written(textAnnouncer);
    announcer.ready(addresses, ["Prometheus: install it"]);
    expect(texts[0]).toContain("without Prometheus: install it");
    expect(texts[0]).toMatch(/^ +Prometheus +-$/m);
    expect(texts[0]).not.toContain("/graph");
  });

  test("graphs are queries without Grafana's variables, one of each dashboard", () => {
    const { texts, announcer } = written(jsonAnnouncer);
    announcer.ready(monitored, []);
    const urls: string[] = Object.values(JSON.parse(texts[0] ?? "").graphs);
    const queries = urls.map((url) => new URL(url).searchParams.get("g0.expr") ?? "");
    expect(queries).toHaveLength(dashboards.length);
    expect(queries.filter((query) => query.includes("$") || !query.includes("[15s]"))).toEqual([]);
  });
});
