#!/usr/bin/env node
/**
 * The command `verigate`. What a subcommand needs is loaded by it alone, because
 * `health` is run every few seconds.
 */
import { constants } from "node:os";

const usage = `verigate: gRPC, gRPC-Web and Connect in front of Messente's Verigator API

  verigate serve    starts the gateway; settings come from the environment (docs/settings.md)
  verigate config   prints the settings in force, secrets masked, or every mistake in them
  verigate health   exits with 0 where the gateway of VERIGATE_ADMIN_LISTEN is ready, else with 1
`;

/** sysexits.h: something was found in an unconfigured or misconfigured state. */
const exitMisconfigured = 78;

const [command, ...rest] = process.argv.slice(2);
if (rest.length > 0) {
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
} else {
  const isHelp = command === "--help" || command === "-h" || command === "help";
  (isHelp ? process.stdout : process.stderr).write(usage);
  process.exitCode = isHelp ? 0 : 2;
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
