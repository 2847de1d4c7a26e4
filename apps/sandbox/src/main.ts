import { parseArgs } from "node:util";
import { createSandbox, type Sandbox } from "./sandbox.ts";
import { type SandboxOptions, SandboxOptionsError } from "./sandbox-options.ts";
import { sandboxOptionsFromEnv } from "./sandbox-options-from-env.ts";

const usage = `Usage: node main.ts [--allow-beyond-loopback] [--allow-host NAME]...

  --allow-beyond-loopback  listen where other machines reach it; they can read every PIN
  --allow-host NAME        answer requests for this host name too

VERIGATE_SANDBOX_LISTEN    host:port, default 127.0.0.1:8025
VERIGATE_SANDBOX_ACCOUNT   comma list of username:password, default sandbox:sandbox
`;

/** EX_CONFIG of sysexits.h. */
const exitSettings = 78;

function fail(reason: string, exitCode: number): never {
  process.stderr.write(`${reason}\n`);
  process.exit(exitCode);
}

function optionsFromCommandLine(): SandboxOptions {
  try {
    const { values } = parseArgs({
      options: {
        "allow-beyond-loopback": { type: "boolean" },
        "allow-host": { type: "string", multiple: true },
        help: { type: "boolean", short: "h" },
      },
    });
    if (values.help) {
      process.stdout.write(usage);
      process.exit(0);
    }
    return { allowBeyondLoopback: values["allow-beyond-loopback"], hostNames: values["allow-host"] };
  } catch (error) {
    fail((error as Error).message, exitSettings);
  }
}

function sandboxFromSettings(): Sandbox {
  const flags = optionsFromCommandLine();
  try {
    return createSandbox({ ...sandboxOptionsFromEnv(process.env), ...flags });
  } catch (error) {
    if (error instanceof SandboxOptionsError) fail(error.message, exitSettings);
    throw error;
  }
}

const sandbox = sandboxFromSettings();
const { url } = await sandbox.listen().catch((error: NodeJS.ErrnoException) => {
  fail(error.code === "EADDRINUSE" ? `The port is in use: ${error.message}` : error.message, 1);
});
// Once: a second signal ends the process at once.
for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => void sandbox.close());

process.stdout.write(`The sandbox emulates Verigator on ${url}
Sent PINs: open ${url}/ or run: curl -s ${url}/sandbox/v1/messages
`);
