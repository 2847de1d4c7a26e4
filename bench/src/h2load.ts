import type { Door } from "./contestants.ts";
import type { LoadResult } from "./load-result.ts";
import { verifyPinPath } from "./verify-pin.ts";

/** 128 calls in flight over gRPC, as many as 8 connections of 16 streams; over HTTP/1.1 one per connection. */
const flags: Readonly<Record<Door, readonly string[]>> = {
  grpc: [
    "--clients=8",
    "--max-concurrent-streams=16",
    "--header=te: trailers",
    "--header=content-type: application/grpc",
  ],
  json: ["--h1", "--clients=32", "--max-concurrent-streams=1", "--header=content-type: application/json"],
};

/** The command line that sends the file `body` exactly `calls` times. */
export function h2loadArguments(door: Door, port: number, calls: number, body: string): readonly string[] {
  return [`--requests=${calls}`, ...flags[door], `--data=${body}`, `http://127.0.0.1:${port}${verifyPinPath}`];
}

/**
 * Reads what h2load prints. Throws where it can't be read, and where a call was
 * not answered by a 2xx: figures of failures are not figures. A gRPC error is a
 * 200 to h2load, but one without a body: compare `answerBytes`.
 */
export function parseH2load(output: string): LoadResult {
  const [, rate] = /^finished in [^,]+, ([\d.]+) req\/s/m.exec(output) ?? [];
  const [, total, succeeded] = /^requests: (\d+) total, .* (\d+) succeeded,/m.exec(output) ?? [];
  const [, ok] = /^status codes: (\d+) 2xx/m.exec(output) ?? [];
  const [, data] = /^traffic: .*\((\d+)\) data$/m.exec(output) ?? [];
  if (rate === undefined || total === undefined || data === undefined) {
    throw new Error(`h2load printed something unexpected:\n${output}`);
  }
  if (succeeded !== total || ok !== total) {
    throw new Error(`h2load sent ${total} calls, of which ${succeeded} were answered and ${ok} by a 2xx`);
  }
  return { calls: Number(total), callsPerSecond: Number(rate), answerBytes: Number(data), cutOffMax: 0 };
}
