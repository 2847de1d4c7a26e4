import { expect, test } from "vitest";
import { startVerigate } from "./command-under-test.ts";
import { envForTest } from "./gateway-under-test.ts";

test.each(["SIGTERM", "SIGINT"] as const)("%s at the moment it listens ends the gateway with 0", async (signal) => {
  const command = startVerigate({ ...envForTest("http://127.0.0.1:9"), VERIGATE_LOG_LEVEL: "info" });
  await command.said(/"listening"/);
  command.kill(signal);
  expect(await command.ended).toBe(0);
});
