#!/usr/bin/env -S MALLOC_ARENA_MAX=1 node --max-semi-space-size=16 --heap-growing-percent=75 --no-allocation-site-pretenuring --expose-gc
/**
 * The command `verigate`. What a subcommand needs is loaded by it alone, because
 * `health` is run every few seconds.
 *
 * The first line is the one place that says how it is started; `pnpm gateway` and the
 * image repeat it. The flags: what calls leave behind is collected in steps of some 4 ms
 * instead of 20 and more, during which nobody is answered; it grows by its own size at
 * most before all of it is looked at; and collect-start.ts may ask for a collection.
 * The variable: the C library keeps one heap for all threads instead of one for each.
 * docs/decisions/0012-few-files.md has the figures.
 */
import { constants } from "node:os";
import { type CommandResult, exitMisconfigured, usageMistake } from "./commands/command-result.ts";
import { version } from "./version.ts";

const usage = `verigate: gRPC, gRPC-Web and Connect in front of Messente's Verigator API

  verigate serve    starts the gateway; settings come from the environment (docs/settings.md)
  verigate config   prints the settings in force, secrets masked, or every mistake in them
  verigate health   exits with 0 where the gateway of VERIGATE_ADMIN_LISTEN is ready, else with 1

  verigate key new NAME [--json]
                    makes a key for a caller, and the line of VERIGATE_KEYS_FILE that lets it in
  verigate policy check FILE [--caller NAME --method METHOD [--service ID [--user ID]]] [--json]
                    finds the mistakes in a policy; asked about a call, says which rule decides it, and exits with 0
                    where it is allowed, 1 where it is denied
  verigate --version
`;

/** Subcommands with words of their own behind them. */
const commandsWithArguments: Readonly<Record<string, () => Promise<Run>>> = {
  key: async () => (await import("./commands/key-command.ts")).keyCommand,
  policy: async () => (await import("./commands/policy-command.ts")).policyCommand,
};
type Run = (args: readonly string[], isForPeople: boolean) => CommandResult;

/**
 * As in package.json, which nobody has to have heeded. An older one shows pages of
 * code, and some error in it; 24.6 and before even start, and can't answer (they
 * don't take the headers of HTTP/2 as a list).
 */
const nodeMin = "24.7";

const [command = "", ...rest] = process.argv.slice(2);
if (isOlder(process.versions.node, nodeMin)) {
  process.stderr.write(`verigate: needs Node ${nodeMin} or later; this is ${process.versions.node}\n`);
  process.exitCode = 1;
} else if (Object.hasOwn(commandsWithArguments, command)) {
  await runWithArguments(command);
} else if (rest.length > 0) {
  process.stderr.write(`verigate: unexpected argument "${rest[0]}"\n`);
  process.exitCode = 2;
} else if (command === "serve") {
  await serve();
} else if (command === "config") {
  const config = await readConfig();
  if (config !== undefined) {
    const { printConfig } = await import("./show-config.ts");
    process.stdout.write(printConfig(config, process.stdout.isTTY));
  }
} else if (command === "health") {
  const { checkHealth } = await import("./check-health.ts");
  const problem = await checkHealth(process.env);
  if (problem !== undefined) {
    process.stderr.write(`verigate: ${problem}\n`);
    process.exitCode = 1;
  }
} else if (command === "--version") {
  process.stdout.write(`${version}\n`);
} else {
  const isHelp = command === "--help" || command === "-h" || command === "help";
  (isHelp ? process.stdout : process.stderr).write(usage);
  process.exitCode = isHelp ? 0 : 2;
}

function isOlder(version: string, than: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [majorMin = 0, minorMin = 0] = than.split(".").map(Number);
  return major < majorMin || (major === majorMin && minor < minorMin);
}

async function runWithArguments(name: string): Promise<void> {
  const run = await commandsWithArguments[name]?.();
  let result: CommandResult | undefined;
  try {
    result = run?.(rest, process.stdout.isTTY);
  } catch (error) {
    // An option that node:util's parseArgs does not know.
    result = usageMistake(error instanceof Error ? error.message : String(error));
  }
  process.stdout.write(result?.stdout ?? "");
  process.stderr.write(result?.stderr ?? "");
  process.exitCode = result?.exitCode ?? 1;
}

async function readConfig() {
  const { configFromEnv } = await import("./settings/config-from-env.ts");
  const { ConfigMistakes } = await import("./settings/config-mistakes.ts");
  try {
    return configFromEnv(process.env);
  } catch (error) {
    if (!(error instanceof ConfigMistakes)) {
      throw error;
    }
    process.stderr.write(error.mistakes.map((mistake) => `verigate: ${mistake}\n`).join(""));
    process.exitCode = exitMisconfigured;
    return undefined;
  }
}

async function serve(): Promise<void> {
  const config = await readConfig();
  if (config === undefined) {
    return;
  }
  const { startServer } = await import("./server.ts");
  const starting = startServer({ config });
  stopOnSignal(async () => (await starting).stop());
  try {
    await starting;
  } catch (error) {
    process.stderr.write(`verigate: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  }
}

/** The first SIGTERM or SIGINT stops in good order; a second one ends the process at once. */
function stopOnSignal(stop: () => Promise<void>): void {
  let isStopping = false;
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.on(signal, () => {
      if (isStopping) {
        process.exit(128 + constants.signals[signal]);
      }
      isStopping = true;
      stop().then(
        () => process.exit(0),
        () => process.exit(1),
      );
    });
  }
}
