import { unsafeOperations } from "./call-record.ts";
import type { Pace } from "./pace.ts";
import { endsText, markdownTable } from "./result-table.ts";
import type { Machine, Results } from "./results.ts";

/** docs/reliability.md. */
export function reliabilityPage(results: Results): string {
  const { machine, pace, seconds, scenarios, skipped } = results;
  const broken = scenarios.flatMap(({ title, broken }) => broken.map((text) => `- **${title}**: ${text}`));
  return `# Reliability

<!-- Written by \`pnpm chaos --write\`. -->

A gateway is worth having where the upstream fails. This run lets it fail in ${scenarios.length} ways while callers go
on calling, and then compares what callers were told with what the upstream noted.

${markdownTable(results)}

${broken.length === 0 ? "Every guarantee below was kept in every row." : `Not kept:\n\n${broken.join("\n")}`}
${skipped.map(({ title, problem }) => `\nNot run: ${title}, because ${problem}.\n`).join("")}
- **calls**: all calls of the scenario; **repeats**: those of them that asked again for what had been asked for, under the same
  request_id; **replayed**: those that were answered what an earlier call had been. **hit**: those during the fault that failed or took long. The rest succeeded.
- **unanswered**: no answer, or one that a library made up because it had lost the gateway.
- **late**: answered, but after the deadline of ${pace.deadlineMs} ms.
- **duplicates**: what is not safe to repeat (${[...unsafeOperations].join(", ")}) and was started more than once by the upstream,
  however often callers asked for it under its request_id.
- **falsely unsent**: of those, calls that failed with an error that says nothing was sent, though the upstream had started them.
- **falsely verified**: \`verified = true\` without the upstream having said so.
- **not spared**: failures of calls that the fault does not touch: of other operations, or, where the store fails, without a request_id.
- **wrong**: any other answer that is not what happened: a success of what never ran, a "not found" of what exists, a bug.
- **recovery**: from the end of the fault until each of the five operations has succeeded again, with and without a request_id; at most
  ${pace.recoveryMsMax} ms: an attempt of 1.5 s that began before that, the 5 s of the breaker after it, and until a call of each kind has come.
- **OK at end**: of the calls in the last third after the fault, how many succeeded without a repeat.
- **MiB**: resident memory of the gateway before the fault and at the end.

## What is guaranteed, and why it holds

**Every call is answered by its deadline.** The deadline is a timer of the gateway's own around the whole call, set to
fire a little early (5 %, at most 250 ms), so that the answer is seen. It does not depend on the upstream, the
proxy or the name server doing anything.

**A request that is not safe to repeat is started at most once.** Whether an operation may be repeated is said in one
table, by operation and not by HTTP verb: checking a PIN is a PUT, and sending it twice burns a guess. Such a request is
repeated only where not one byte of it can have left (no connection came about), or after a 429, which
means that the upstream refused it unread. What happened on the wire is told by the HTTP client at the moment it starts
to write, never guessed from an error code: a reset looks the same before and after the request was read.

**A request_id makes a repeat safe.** Under it, the gateway claims the right to send before it sends, and records what came of it,
whether or not anybody still waits. A repeat, on whatever replica, gets that. While the shared store can't be asked, calls with a
request_id are refused before anything is sent (STORE_UNAVAILABLE), and calls without one go on, as far as no limit needs the store.

**UNAVAILABLE means that nothing was sent** for these operations, because every gRPC library may repeat it. Once a request
may have reached the upstream, the error is OUTCOME_UNKNOWN, whatever went wrong afterwards. A CreateUser whose answer was
lost is looked up in the list of users before that is said.

**\`verified\` is true only where the upstream said so,** in a whole and consistent answer. Half a body, a page of HTML,
\`"true"\` as a string, or a \`status\` that contradicts it are errors. There is no default that lets anybody in.

**It recovers by itself.** After half of the answers in a window were failures, a circuit breaker refuses calls at once
instead of letting them wait, and lets one through after 5 s to see. Authentication, the directory and lists
have one each. Connections are renewed and names looked up again without a restart. The gateway stays ready meanwhile: taking it
out of service would not mend the upstream.

## What callers saw

${scenarios.map(({ title, ends }) => `- ${title}: ${endsText(ends)}`).join("\n")}

UPSTREAM_CIRCUIT_OPEN and OVERLOADED carry RetryInfo. OUTCOME_UNKNOWN is not to be repeated as a new call; what to do about
every reason stands in [errors.md](errors.md).

## How it was run

\`\`\`sh
npx --yes pnpm@12.21.0 chaos --write
\`\`\`

Without \`--write\` it only prints: a table on a terminal, JSON into a pipe. \`--only NAME\`, \`--seconds N\` and \`--rate N\` make
it shorter. A version of a few seconds per scenario runs with the tests.

- ${machineText(machine)}
- ${loadText(pace, seconds)}
- Each row has a gateway of its own, started by its command with the default settings, but no limits: the smoothing to 150
  requests per second would hide what is looked at, and the limits of PINs would hide a second SMS. Rows about the shared store have
  two, which share a real Redis, and each repeat goes to the other one. It has its append-only file on, so that its SIGKILL loses nothing;
  what a crash of its machine loses is not protected any more (see [request-ids.md](request-ids.md)).
- Of the calls that change something, eight in eleven have a request_id. Most of their callers repeat them twice at most, while the error says
  that this is right or where they lost the gateway; some send them twice at once, or again although they were answered.
- The upstream is a process that notes every request in a file before it does anything about it, so that a SIGKILL loses none. Each intent,
  which is a call with its repeats, has a key of its own that stands in the path upstream. The figures come from comparing the two sides when all processes have ended.
- Names are resolved by a few lines that are loaded into the gateway for that row alone, because a resolver that fails on
  demand would need the machine's configuration. TLS and proxy are real.
- "Late" has the caller's own pauses taken off; a machine that is busy with other things still shows in it, and in recovery.
- Everything runs on loopback: no packets are lost, and nothing is slow that is not made slow.
`;
}

function machineText({ cpu, cores, memoryGib, node }: Machine): string {
  return `${cpu}, ${cores} cores, ${memoryGib} GiB, Node ${node}; load, gateway and upstream share them.`;
}

function loadText({ rate, healthyMs, faultMs, recoveryMs }: Pace, seconds: number): string {
  const phases = [healthyMs, faultMs, recoveryMs].map((ms) => `${Math.round(ms / 100) / 10} s`);
  return (
    `${rate} calls per second over gRPC, by schedule whatever becomes of them, and repeats on top; ${seconds} s a row: ${phases[0]} healthy, ` +
    `${phases[1]} of fault, ${phases[2]} healthy again.`
  );
}
