/** `pnpm chaos`: see `usage` in options.ts. */
import { writeFileSync } from "node:fs";
import { inRepository } from "../src/repository.ts";
import { type Options, parseOptions, usage } from "./options.ts";
import { reliabilityPage } from "./reliability-page.ts";
import { terminalText } from "./result-table.ts";
import { runChaos } from "./run-chaos.ts";

const say = (line: string) => process.stderr.write(`${line}\n`);

// Ends what was started: child-processes.ts listens to "exit".
process.once("SIGINT", () => process.exit(130));
process.once("SIGTERM", () => process.exit(143));

const options = optionsOrUsage();
if (options !== undefined) {
  await chaos(options);
}

function optionsOrUsage(): Options | undefined {
  try {
    return parseOptions(process.argv.slice(2));
  } catch (error) {
    say(`chaos: ${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
    process.exitCode = 2;
    return undefined;
  }
}

async function chaos(options: Options): Promise<void> {
  const results = await runChaos(options, say);
  process.stdout.write(process.stdout.isTTY ? terminalText(results) : `${JSON.stringify(results, undefined, 2)}\n`);
  if (options.isWriting) {
    writeFileSync(inRepository("docs/reliability.md"), reliabilityPage(results));
    say("wrote docs/reliability.md");
  }
  process.exitCode = results.scenarios.every(({ broken }) => broken.length === 0) ? 0 : 1;
}
