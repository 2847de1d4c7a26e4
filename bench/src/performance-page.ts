import { clientTable } from "./client-table.ts";
import { contestants } from "./contestants.ts";
import { goalTable } from "./goal-table.ts";
import { latencyCallsPerSecond } from "./latency-results.ts";
import { latencyTable } from "./latency-table.ts";
import type { Machine } from "./machine.ts";
import type { ScaleResults } from "./measure-scale.ts";
import { measuredDoors, resultTable } from "./result-table.ts";
import type { BenchResults } from "./results.ts";
import { markdownTable } from "./table-text.ts";

/** docs/performance.md. `plot` is the path of the picture, from there; `soak` the part that a soak has written. */
export function performancePage(results: BenchResults, plot: string, soak: string): string {
  const { machine, options, tool } = results;
  return `# Performance

<!-- Written by \`pnpm bench --write\`. -->

One VerifyPin call is translated to one PUT at the upstream and back, over and over, by this gateway and by servers
that do nothing else. The figure to trust is the CPU time of the server's process per call, as the operating system
counts it: throughput swings with the machine, CPU per call far less.

![CPU microseconds per call of each server](${plot})

${measuredDoors(results)
  .map((door) => markdownTable(resultTable(results, door)))
  .join("\n")}
Medians of ${options.rounds} alternating rounds; the ratio is the median of the ratios round by round. "Core busy" is
the server's share of its core: far below 100 %, something else kept it waiting, and calls/s are too low. Idle memory
is read two seconds after the first call, loaded memory after the last; the gateway was called more often than the
others by then. Ready is from spawn until the port takes connections.

${markdownTable(goalTable(results))}
In parentheses: where the median lies with a confidence of 90 % or more. A ratio of 1 counts as met where that includes
1, because the two can't be told apart then. Fewer than five rounds, or too few calls, decide nothing.
[What a call costs](decisions/0013-what-a-call-costs.md) has the profile that explains what is missed.
${latencyText(results)}${clientText(results)}${scaleText(results.scale)}
${soak}

## The servers

${serverList(results)}

## How it was measured

- ${machineText(machine)}
- ${machine.isPinned ? "The server had a core of its own; load and upstream shared another." : "Server, load and upstream shared their cores."}
- CPU and memory: load by ${tool}, without pauses: 128 calls in flight over gRPC, 32 over HTTP/1.1; about ${options.seconds} s a turn, after a warm-up that does not count.
- The upstream counts the requests that are the translated call, to the PIN. Each turn fails where that count is not
  the number of calls sent, or where a real client's calls before and after it are not answered rightly.

Again, on a machine with Node and Debian's \`nghttp2-client\`: \`npx --yes pnpm@12.21.0 bench --write\`. Without \`--write\`
it prints only. With \`--quick\` it takes some two minutes, measures CPU per call alone, and fails where the gateway has
fallen behind the bare router, as CI checks.
`;
}

function latencyText({ latency, options }: BenchResults): string {
  return latency === undefined
    ? ""
    : `
${markdownTable(latencyTable(latency))}
${latencyCallsPerSecond} calls a second, evenly, for ${options.seconds} s a turn, by a generator of our own (node:http2 with raw frames;
undici). A latency counts from the time at which the call was due, whether or not those before were answered, so what
waits in a queue is seen to wait. Added is a percentile less the upstream's own in the same round, called over
HTTP/1.1 by the same generator; medians of the rounds.
`;
}

function clientText({ clients }: BenchResults): string {
  return clients === undefined
    ? ""
    : `
${markdownTable(clientTable(clients))}
CPU of the client's process per call, 32 in flight, against the floor:

${clients.map(({ name, description }) => `- **${name}**: ${description}`).join("\n")}
`;
}

function scaleText(scale: ScaleResults | undefined): string {
  return scale === undefined
    ? ""
    : `
## Scale

Two gateways are called as often. Of the one, ${scale.many.users.toLocaleString("en")} users start an authentication and guess wrong, each with a
request_id; of the other, ${scale.few.users} users do so over and over with the same request_ids. Then both serve right guesses in
turns, each with a new request_id, uniformly over the users that they know: so every call has to find a user who was
not there a moment ago, as in life. At the end the one had met ${scale.many.requestIds.toLocaleString("en")} request_ids and took ${scale.many.residentMib.toFixed(0)} MiB, the
other ${scale.few.requestIds.toLocaleString("en")} and ${scale.few.residentMib.toFixed(0)} MiB.
`;
}

function serverList({ servers }: BenchResults): string {
  const measured = new Set(servers.map(({ contestant }) => contestant.name));
  const descriptions = new Map(contestants.map(({ name, description }) => [name, description]));
  return [...descriptions]
    .map(
      ([name, description]) =>
        `- **${name}**: ${description}${measured.has(name) ? "" : " (not measured in this run)"}`,
    )
    .join("\n");
}

function machineText({ cpu, cores, memoryGib, node, loadAverage }: Machine): string {
  const noise = loadAverage > 0.5 ? ": others were using it too, so read the figures with care" : "";
  return `${cpu}, ${cores} cores, ${memoryGib} GiB, Node ${node}; load average before the run ${loadAverage}${noise}.`;
}
