/**
 * `pnpm observe`: a gateway with a sandbox, a mixed load and, where they are
 * installed, Prometheus and Redis, on ports that nobody else has. Runs until it is
 * told to end.
 */
import { spawnSync } from "node:child_process";
import { jsonAnnouncer, textAnnouncer } from "./announce.ts";
import { readDashboards } from "./dashboards.ts";
import { observePace } from "./load-pace.ts";
import { startObservedParts } from "./observed-parts.ts";

const usage = `pnpm observe: a gateway in use, to look at

It has no options. In a terminal it writes lines to read, into a pipe one JSON object a line.
`;
/** People read slower than programs. */
const progressEveryMs = process.stdout.isTTY ? 5_000 : 1_000;

if (process.argv.length > 2) {
  process.stderr.write(usage);
  process.exitCode = 2;
} else {
  await observe();
}

async function observe(): Promise<void> {
  const announcerFor = process.stdout.isTTY ? textAnnouncer : jsonAnnouncer;
  const announcer = announcerFor(readDashboards(), (text) => process.stdout.write(text));
  const hasPrometheus = isInstalled("prometheus");
  const hasRedis = isInstalled("redis-server");
  let isEnding = false;
  const starting = startObservedParts({ pace: observePace, hasPrometheus, hasRedis });

  function end(): void {
    if (isEnding) {
      // A second time: at once. Children end with this process.
      process.exit(130);
    }
    isEnding = true;
    announcer.stopping();
    starting
      .then((parts) => parts.close())
      .then(
        () => process.exit(0),
        () => process.exit(1),
      );
  }
  process.on("SIGINT", end).on("SIGTERM", end).on("SIGHUP", end);
  // Whoever read what this writes has left.
  process.stdout.once("error", end);

  const parts = await starting;
  announcer.ready(parts, [
    ...(hasPrometheus ? [] : ["Prometheus: install prometheus, and it scrapes the gateway and evaluates the alerts"]),
    ...(hasRedis ? [] : ["Redis: install redis-server, and the gateway shares its state through it"]),
  ]);
  const readyAtMs = performance.now();
  setInterval(
    () => announcer.progress(parts.load, Math.round((performance.now() - readyAtMs) / 1_000)),
    progressEveryMs,
  ).unref();
  while (!isEnding) {
    await parts.load.play();
  }
}

function isInstalled(program: string): boolean {
  return spawnSync(program, ["--version"], { stdio: "ignore" }).status === 0;
}
