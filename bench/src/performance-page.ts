import { contestants } from "./contestants.ts";
import { goalTable } from "./goal-table.ts";
import type { Machine } from "./machine.ts";
import { measuredDoors, resultTable } from "./result-table.ts";
import type { BenchResults } from "./results.ts";
import { markdownTable } from "./table-text.ts";

/** docs/performance.md. `plot` is the path of the picture, from there. */
export function performancePage(results: BenchResults, plot: string): string {
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
is read two seconds after the first call, loaded memory after the last. Ready is from spawn until the port takes
connections.

${markdownTable(goalTable(results))}
In parentheses: where the median lies with a confidence of 90 % or more. A ratio of 1 counts as met where that includes
1, because the two can't be told apart then. Fewer than five rounds, or too few calls, decide nothing.

## The servers

${serverList()}

## How it was measured

- ${machineText(machine)}
- ${machine.isPinned ? "The server had a core of its own; load and upstream shared another." : "Server, load and upstream shared their cores."}
- Load by ${tool}, without pauses: 128 calls in flight over gRPC, 32 over HTTP/1.1; about ${options.seconds} s a turn, after a warm-up that does not count.
- The upstream counts the requests that are the translated call, to the PIN. Each turn fails where that count is not
  the number of calls sent, or where a real client's calls before and after it are not answered rightly.

Again, on a machine with Node and Debian's \`nghttp2-client\`: \`npx --yes pnpm@12.21.0 bench --write\`. Without \`--write\`
it prints only, and with \`--quick\` it takes about a minute.
`;
}

function serverList(): string {
  const descriptions = new Map(contestants.map(({ name, description }) => [name, description]));
  return [...descriptions].map(([name, description]) => `- **${name}**: ${description}`).join("\n");
}

function machineText({ cpu, cores, memoryGib, node, loadAverage }: Machine): string {
  const noise = loadAverage > 0.5 ? ": others were using it too, so read the figures with care" : "";
  return `${cpu}, ${cores} cores, ${memoryGib} GiB, Node ${node}; load average before the run ${loadAverage}${noise}.`;
}
