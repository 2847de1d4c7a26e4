import { describe, expect, it } from "vitest";
import { h2loadArguments, parseH2load } from "./h2load.ts";

const output = `starting benchmark...
progress: 100% done

finished in 2.39s, 4185.32 req/s, 164.04KB/s
requests: 10000 total, 10000 started, 10000 done, 10000 succeeded, 0 failed, 0 errored, 0 timeout
status codes: 10000 2xx, 0 3xx, 0 4xx, 0 5xx
traffic: 391.95KB (401353) total, 30.09KB (30809) headers (space savings 95.66%), 87.89KB (90000) data
                     min         max         mean         sd        +/- sd
time for request:     1.58ms    199.28ms     29.57ms     21.09ms    88.04%
`;

describe("parseH2load", () => {
  it("reads calls, rate and the bytes of the answers", () => {
    expect(parseH2load(output)).toEqual({ calls: 10_000, callsPerSecond: 4185.32, answerBytes: 90_000, cutOffMax: 0 });
  });

  it.each([
    ["a call that got no answer", output.replace("10000 succeeded, 0 failed", "9999 succeeded, 1 failed")],
    ["an answer that is no success", output.replace("10000 2xx, 0 3xx, 0 4xx", "9999 2xx, 0 3xx, 1 4xx")],
  ])("refuses figures with %s", (_, failed) => {
    expect(() => parseH2load(failed)).toThrow("h2load sent 10000 calls");
  });

  it("refuses what it can't read", () => {
    expect(() => parseH2load("could not resolve host")).toThrow("unexpected");
  });
});

describe("h2loadArguments", () => {
  it("sends exactly as many calls as asked for", () => {
    expect(h2loadArguments("grpc", 1234, 5000, "body")).toContain("--requests=5000");
  });

  it("speaks HTTP/1.1 for JSON only", () => {
    expect(h2loadArguments("json", 1234, 1, "body")).toContain("--h1");
    expect(h2loadArguments("grpc", 1234, 1, "body")).not.toContain("--h1");
  });
});
