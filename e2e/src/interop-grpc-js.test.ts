import { once } from "node:events";
import { join } from "node:path";
import type { ServiceError } from "@grpc/grpc-js";
import { describe, expect, test } from "vitest";
import { type GatewayUnderTest, handledAtLeast, startGateway } from "./gateway-under-test.ts";
import { grpcJsClient } from "./grpc-js-client.ts";
import { startSandbox, wrongPin } from "./sandbox-under-test.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const phoneNumber = "+37255555555";

const listeners = [
  { name: "TCP", listen: () => "127.0.0.1:0", address: ({ authority }: GatewayUnderTest) => authority },
  {
    name: "a Unix socket",
    listen: () => `unix:${join(temporaryFolder(), "gateway.sock")}`,
    address: ({ server }: GatewayUnderTest) =>
      server.addresses.flatMap((address) => (address.kind === "unix" ? [`unix:${address.path}`] : []))[0] ?? "",
  },
];

describe.each(listeners)("grpc-js over $name", ({ listen, address }) => {
  const start = async () => {
    const sandbox = await startSandbox();
    const gateway = await startGateway({ upstream: sandbox, env: { VERIGATE_LISTEN: listen() } });
    return { sandbox, gateway, target: address(gateway) };
  };

  test("logs a user in", async () => {
    const { sandbox, target } = await start();
    const { service } = await grpcJsClient(target, "verigate.v1.ServiceAPI").unary("CreateService", {
      fqdn: "shop.example",
      name: "Shop",
    });
    const serviceId = (service as { id: string }).id;
    const { user } = await grpcJsClient(target, "verigate.v1.UserAPI").unary("CreateUser", {
      serviceId,
      phoneNumber,
      idInService: "anna",
    });
    const login = { serviceId, userId: (user as { id: string }).id };
    const auth = grpcJsClient(target, "verigate.v1.AuthAPI");
    expect(await auth.unary("InitiateAuth", { ...login, method: "AUTH_METHOD_SMS" })).toMatchObject({
      method: "AUTH_METHOD_SMS",
    });
    const pin = await sandbox.pinOf(phoneNumber);
    expect(await auth.unary("VerifyPin", { ...login, pin: wrongPin(pin) })).toMatchObject({
      verified: false,
      failure: "VERIFY_FAILURE_INVALID",
    });
    expect(await auth.unary("VerifyPin", { ...login, pin })).toMatchObject({ verified: true });
  });

  test("is told errors by code and details", async () => {
    const { target } = await start();
    const users = grpcJsClient(target, "verigate.v1.UserAPI");
    const error: ServiceError = await users.unary("GetUser", { serviceId: "nobody", userId: "nobody" }).then(
      () => Promise.reject(new Error("the call succeeded")),
      (reason) => reason,
    );
    expect(error.code).toBe(5);
    expect(String(error.metadata.get("grpc-status-details-bin")[0])).toContain("USER_NOT_FOUND");
  });

  test("sees by Watch that the gateway stops serving", async () => {
    const { gateway, target } = await start();
    const watch = grpcJsClient(target, "grpc.health.v1.Health").stream("Watch", { service: "verigate.v1.AuthAPI" });
    watch.on("error", () => {});
    const statuses: unknown[] = [];
    watch.on("data", (status) => statuses.push(status));
    await once(watch, "data");
    const stopped = gateway.server.stop();
    await once(watch, "data");
    expect(statuses).toEqual([{ status: "SERVING" }, { status: "NOT_SERVING" }]);
    await stopped;
  });

  test("sees by Watch that a service is unknown, and may wait for it", async () => {
    const { target } = await start();
    const watch = grpcJsClient(target, "grpc.health.v1.Health").stream("Watch", { service: "no.such.Service" });
    watch.on("error", () => {});
    expect(await once(watch, "data")).toEqual([{ status: "SERVICE_UNKNOWN" }]);
    watch.cancel();
  });

  test("leaves a Watch, which is counted as CANCELLED", async () => {
    const { gateway, target } = await start();
    const watch = grpcJsClient(target, "grpc.health.v1.Health").stream("Watch", {});
    watch.on("error", () => {});
    await once(watch, "data");
    watch.cancel();
    expect(await handledAtLeast(gateway, "Watch", "Canceled", 1)).toBe(1);
  });

  test("checks and lists health", async () => {
    const { target } = await start();
    const health = grpcJsClient(target, "grpc.health.v1.Health");
    expect(await health.unary("Check", {})).toEqual({ status: "SERVING" });
    expect(await health.unary("List", {})).toMatchObject({
      statuses: { "verigate.v1.UserAPI": { status: "SERVING" } },
    });
    await expect(health.unary("Check", { service: "no.such.Service" })).rejects.toMatchObject({ code: 5 });
  });
});
