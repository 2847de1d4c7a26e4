import { beforeAll, expect, test } from "vitest";
import { startNode } from "./command-under-test.ts";
import { eventually } from "./eventually.ts";
import { freePort } from "./free-port.ts";
import { envForTest } from "./gateway-under-test.ts";
import { inRepository } from "./repository.ts";
import { rpcClient } from "./rpc-client.ts";
import { runCommand } from "./run-command.ts";
import { aUser } from "./samples.ts";
import { startScriptedUpstream } from "./scripted-upstream.ts";

beforeAll(async () => {
  const build = await runCommand(inRepository("apps/gateway/node_modules/.bin/rolldown"), ["-c"], {
    cwd: inRepository("apps/gateway"),
  });
  expect(build).toMatchObject({ exitCode: 0 });
});

/** What `pnpm gateway` runs. */
async function startBundle(upstreamUrl: string) {
  const port = await freePort();
  const gateway = startNode([inRepository("apps/gateway/dist/main.js"), "serve"], {
    ...envForTest(upstreamUrl),
    VERIGATE_LISTEN: `127.0.0.1:${port}`,
    VERIGATE_LOG_LEVEL: "info",
  });
  await gateway.said(/listening/);
  return { ...gateway, authority: `127.0.0.1:${port}` };
}

test("the bundled gateway serves, and ends with 0 on SIGTERM", async () => {
  const upstream = await startScriptedUpstream({ status: 200, body: aUser });
  const gateway = await startBundle(upstream.url);

  for (const protocol of ["grpc", "connect"] as const) {
    expect(await rpcClient(gateway, protocol).users.getUser({ serviceId: "s1", userId: "u1" })).toMatchObject({
      user: { idInService: "anna" },
    });
  }
  gateway.kill("SIGTERM");
  expect(await gateway.ended).toBe(0);
});

test("the bundled gateway decodes a large list in its thread", async () => {
  const users = Array.from({ length: 2_000 }, (_, index) => ({
    ...aUser,
    id: `u${index}`,
    id_in_service: `name-${index}`,
  }));
  const upstream = await startScriptedUpstream({ status: 200, body: { users } });
  const gateway = await startBundle(upstream.url);

  const found = await eventually(() =>
    rpcClient(gateway).users.listUsers({ serviceId: "s1", idInService: "name-1999" }),
  );
  expect(found.users.map(({ id }) => id)).toEqual(["u1999"]);
});
