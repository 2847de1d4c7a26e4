import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { describe, expect, test } from "vitest";
import { type RunningCommand, startDevelopment } from "./command-under-test.ts";
import { rpcClient } from "./rpc-client.ts";
import { pinFromOutbox, wrongPin } from "./sandbox-under-test.ts";

const env = {
  VERIGATE_LISTEN: "127.0.0.1:0",
  VERIGATE_ADMIN_LISTEN: "127.0.0.1:0",
  VERIGATE_SANDBOX_LISTEN: "127.0.0.1:0",
};

async function printedAddresses({ said }: RunningCommand) {
  const [, authority = ""] = await said(/^ +gateway +(127\.0\.0\.1:\d+) /);
  const [, adminAuthority = ""] = await said(/^ +admin +(127\.0\.0\.1:\d+) /);
  const [, sandboxUrl = ""] = await said(/^ +sandbox +(http:\/\/\S+) /);
  return { authority, adminAuthority, sandboxUrl };
}

/** Binds a port, which only works where nobody has it. */
async function bind(port: number): Promise<void> {
  const server = createServer().listen(port, "127.0.0.1");
  await once(server, "listening");
  expect((server.address() as AddressInfo).port).toBe(port);
  server.close();
  await once(server, "close");
}

describe("pnpm start", () => {
  test("prints where a login works, and leaves no process and no port behind", async () => {
    const command = startDevelopment(env);
    const { authority, adminAuthority, sandboxUrl } = await printedAddresses(command);
    const { services, users, auth } = rpcClient({ authority });
    const phoneNumber = "+37255555555";
    const { service } = await services.createService({ fqdn: "shop.example", name: "Shop" });
    const serviceId = service?.id ?? "";
    const { user } = await users.createUser({ serviceId, phoneNumber, idInService: "anna" });
    const login = { serviceId, userId: user?.id ?? "" };
    await auth.initiateAuth({ ...login, method: 1 });
    const pin = await pinFromOutbox(sandboxUrl, phoneNumber);
    expect((await auth.verifyPin({ ...login, pin: wrongPin(pin) })).verified).toBe(false);
    expect((await auth.verifyPin({ ...login, pin })).verified).toBe(true);
    expect((await fetch(`http://${adminAuthority}/readyz`)).status).toBe(200);

    command.kill("SIGINT");
    expect(await command.ended).toBe(0);
    for (const port of [authority, adminAuthority, sandboxUrl].map((address) => Number(address.split(":").at(-1)))) {
      await bind(port);
    }
  });

  test("ends at once at a second Ctrl-C", async () => {
    const command = startDevelopment({ ...env, VERIGATE_DRAIN_DELAY: "10m" });
    await printedAddresses(command);
    command.kill("SIGINT");
    await command.said(/draining/);
    command.kill("SIGINT");
    expect(await command.ended).not.toBe(0);
  });
});
