import type { LoadResult } from "./load-result.ts";
import { verifyPinPath } from "./verify-pin.ts";

const connections = 32;

/** The script that makes wrk POST `json`. */
export function wrkScript(json: string): string {
  return `wrk.method = "POST"\nwrk.headers["content-type"] = "application/json"\nwrk.body = [[${json}]]\n`;
}

/** The command line that sends calls for so many seconds, which wrk wants whole. */
export function wrkArguments(port: number, seconds: number, script: string): readonly string[] {
  const url = `http://127.0.0.1:${port}${verifyPinPath}`;
  return [
    "--threads=1",
    `--connections=${connections}`,
    `--duration=${Math.ceil(seconds)}s`,
    `--script=${script}`,
    url,
  ];
}

/**
 * Reads what wrk prints. Throws where it can't be read or a call failed. wrk ends
 * by the clock, so that up to one call per connection is cut off unanswered.
 */
export function parseWrk(output: string): LoadResult {
  const [, calls] = /^\s*(\d+) requests in /m.exec(output) ?? [];
  const [, rate] = /^Requests\/sec:\s+([\d.]+)$/m.exec(output) ?? [];
  if (calls === undefined || rate === undefined) {
    throw new Error(`wrk printed something unexpected:\n${output}`);
  }
  const [failures] = /^\s*(Socket errors|Non-2xx or 3xx responses): .*$/m.exec(output) ?? [];
  if (failures !== undefined) {
    throw new Error(`wrk saw failures: ${failures.trim()}`);
  }
  return { calls: Number(calls), callsPerSecond: Number(rate), answerBytes: undefined, cutOffMax: connections };
}
