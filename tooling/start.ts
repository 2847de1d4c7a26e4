/**
 * `pnpm start`: the gateway and, in the same process, a sandbox that plays the
 * upstream, so that a login works without an account.
 */
import { ConfigMistakes, configFromEnv, startServer, textFromListenAddress } from "@verigate/gateway";
import { createSandbox, SandboxOptionsError, sandboxOptionsFromEnv } from "@verigate/sandbox";

const { env } = process;

async function start(): Promise<void> {
  const sandboxOptions = sandboxOptionsFromEnv(env);
  const sandbox = createSandbox(sandboxOptions);
  const { url } = await sandbox.listen();
  const [account] = sandboxOptions.accounts ?? [{ username: "sandbox", password: "sandbox" }];
  const server = await startServer({
    config: configFromEnv({
      VERIGATE_REFLECTION: "true",
      ...env,
      VERIGATE_UPSTREAM_URL: url,
      MESSENTE_API_USERNAME: account?.username,
      MESSENTE_API_PASSWORD: account?.password,
      MESSENTE_API_USERNAME_FILE: undefined,
      MESSENTE_API_PASSWORD_FILE: undefined,
    }),
  }).catch(async (error: unknown) => {
    await sandbox.close();
    throw error;
  });

  const stop = async () => {
    await server.stop();
    await sandbox.close();
    process.exit(0);
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => {
      stop().catch(fail);
    });
  }
  process.stdout.write(banner(server.addresses.map(textFromListenAddress), server.adminAddress, url));
}

function banner(
  addresses: readonly string[],
  adminAddress: Parameters<typeof textFromListenAddress>[0] | undefined,
  sandboxUrl: string,
): string {
  const [first = ""] = addresses.filter((address) => !address.startsWith("unix:"));
  const admin = adminAddress === undefined ? "off" : textFromListenAddress(adminAddress);
  const base = `http://${first}/verigate.v1`;
  const post = "-H 'content-type: application/json' -d";
  return `
Verigate is ready.

  gateway   ${addresses.join(", ")}   gRPC, gRPC-Web and Connect; HTTP/1.1 and HTTP/2
  admin     ${admin}   /livez /readyz /metrics
  sandbox   ${sandboxUrl}   plays Messente: open it to see the PINs that are sent

Log a user in, from another terminal:

  curl -s ${base}.ServiceAPI/CreateService ${post} '{"fqdn":"shop.example","name":"Shop"}'
  curl -s ${base}.UserAPI/CreateUser ${post} '{"serviceId":"<service id>","phoneNumber":"+37255555555","idInService":"anna"}'
  curl -s ${base}.AuthAPI/InitiateAuth ${post} '{"serviceId":"<service id>","userId":"<user id>","method":"AUTH_METHOD_SMS"}'
  curl -s ${sandboxUrl}/sandbox/v1/messages
  curl -s ${base}.AuthAPI/VerifyPin ${post} '{"serviceId":"<service id>","userId":"<user id>","pin":"<pin>"}'

README.md has the same as lines to paste. Ctrl-C stops everything.

`;
}

function fail(error: unknown): void {
  const isSettings = error instanceof ConfigMistakes || error instanceof SandboxOptionsError;
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(isSettings ? 78 : 1);
}

start().catch(fail);
