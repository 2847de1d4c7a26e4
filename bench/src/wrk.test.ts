import { describe, expect, it } from "vitest";
import { parseWrk, wrkArguments } from "./wrk.ts";

const output = `Running 2s test @ http://127.0.0.1:9602/verigate.v1.AuthAPI/VerifyPin
  1 threads and 32 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     9.89ms   14.45ms 107.49ms   90.30%
    Req/Sec     5.32k     3.26k   12.74k    70.00%
  10637 requests in 2.01s, 2.18MB read
Requests/sec:   5282.21
Transfer/sec:      1.08MB
`;

describe("parseWrk", () => {
  it("reads calls and rate, and allows for a call per connection that was cut off", () => {
    expect(parseWrk(output)).toEqual({ calls: 10_637, callsPerSecond: 5282.21, answerBytes: undefined, cutOffMax: 32 });
  });

  it.each(["  Socket errors: connect 0, read 3, write 0, timeout 0", "  Non-2xx or 3xx responses: 12"])(
    "refuses figures with failures: %s",
    (line) => {
      expect(() => parseWrk(output.replace("Requests/sec", `${line}\nRequests/sec`))).toThrow(line.trim());
    },
  );

  it("refuses what it can't read", () => {
    expect(() => parseWrk("unable to connect")).toThrow("unexpected");
  });
});

it("wrk gets whole seconds, never less than asked for", () => {
  expect(wrkArguments(1234, 1.5, "post.lua")).toContain("--duration=2s");
});
