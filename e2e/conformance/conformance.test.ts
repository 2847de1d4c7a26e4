import { beforeAll, expect } from "vitest";
import { go, testWith } from "../src/real-or-skip.ts";
import { buildSuite, runSuite } from "./run-suite.ts";

const test = testWith(go);
const minutesMs = 60_000;
/** With fewer, the suite would not have been told of all that the kit can do. */
const casesMin = 3_000;

// The first time, Go fetches and compiles all that the suite is made of.
beforeAll(buildSuite, 15 * minutesMs);

test.each(["lean", "router"] as const)(
  "the server kit passes every case of the Connect conformance suite (%s)",
  { timeout: 10 * minutesMs },
  async (door) => {
    const { exitCode, cases, passed, report } = await runSuite(door);
    process.stderr.write(`\nconformance, ${door}: ${passed} of ${cases} cases passed\n\n`);
    expect(exitCode, report).toBe(0);
    expect(cases).toBeGreaterThan(casesMin);
    expect(passed).toBe(cases);
  },
);
