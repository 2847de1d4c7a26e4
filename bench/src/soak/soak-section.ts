import { markdownTable } from "../table-text.ts";
import { type SoakResults, soakTable, sumOf } from "./soak-results.ts";

const [start, end] = ["<!-- soak: written by `pnpm bench --soak --write` -->", "<!-- /soak -->"];

/** The part of docs/performance.md that tells of a soak. */
export function soakSection(results: SoakResults): string {
  const { minutes, done, machine, samples } = results;
  const calls = sumOf(done, "calls");
  const [slowest, fastest] = extremesOf(done.map(({ callsPerSecond }) => callsPerSecond));
  const [cheapest, dearest] = extremesOf(done.map(({ micros }) => Math.round(micros)));
  const busy = samples.reduce((sum, { busyShare }) => sum + busyShare, 0) / samples.length;
  return between(`${markdownTable(soakTable(results))}
The gateway as shipped, but for the smoothing of upstream's rate, with a core of its own, for ${minutes} minutes: ${calls.toLocaleString("en")} calls of
${cheapest} to ${dearest} µs each, which kept it ${(busy * 100).toFixed(0)} % busy. 70 % was meant, at a rate that was set anew each minute, by what
a call had cost in the one before: ${slowest.toLocaleString("en")} to ${fastest.toLocaleString("en")} calls/s.
Load average before: ${machine.loadAverage}. Of twenty calls, eleven are right guesses over gRPC, three over Connect JSON and HTTP/1.1, two
read a user, and one each guesses wrong until it is throttled, starts an authentication until it is limited, repeats a
request_id, and breaks a rule. Users and request_ids are so few that all that can be remembered is full before the
second half: what grows then, leaks. The delay is the gateway's own \`nodejs_eventloop_lag_p99_seconds\`, read
twice, less the 10 ms between two looks that it counts along. Each answer is checked, and the upstream's counts.
`);
}

function extremesOf(values: readonly number[]): readonly [least: number, most: number] {
  return [Math.min(...values), Math.max(...values)];
}

const notRun = between(`## Soak

Not run yet: \`pnpm bench --soak --write\`.
`);

/** The part in a page that was written before; one that says so where there is none. */
export function soakSectionIn(page: string): string {
  const [from, to] = [page.indexOf(start), page.indexOf(end)];
  return from < 0 || to < from ? notRun : page.slice(from, to + end.length);
}

/** The page with another such part. Throws where it has no place for it. */
export function withSoakSection(page: string, section: string): string {
  const before = soakSectionIn(page);
  if (!page.includes(before)) {
    throw new Error("docs/performance.md has no part about the soak: run `pnpm bench --write` first");
  }
  return page.replace(before, () => section);
}

function between(text: string): string {
  return `${start}\n\n${text}\n${end}`;
}
