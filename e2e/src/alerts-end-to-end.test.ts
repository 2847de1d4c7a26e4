import { existsSync } from "node:fs";
import { AuthMethod } from "@verigate/contract";
import { expect, onTestFinished } from "vitest";
import { startPrometheus } from "../observe/prometheus-process.ts";
import { startAlertReceiver } from "./alert-receiver.ts";
import { startAlertmanager } from "./alertmanager-under-test.ts";
import { eventually } from "./eventually.ts";
import { startGateway } from "./gateway-under-test.ts";
import { alertmanager, prometheus, testWith } from "./real-or-skip.ts";
import { inRepository } from "./repository.ts";
import { rpcClient } from "./rpc-client.ts";
import { rpcError, rpcErrorOf } from "./rpc-error.ts";
import { startSandbox } from "./sandbox-under-test.ts";
import { temporaryFolder } from "./temporary-folder.ts";

testWith(prometheus, alertmanager)(
  "one login that fails because the provider refuses the account pages somebody, and says what to read",
  { timeout: 90_000 },
  async () => {
    const sandbox = await startSandbox();
    const gateway = await startGateway({ upstream: sandbox });
    const { services, users, auth } = rpcClient(gateway);
    const receiver = await startAlertReceiver();
    const pager = await startAlertmanager(receiver.url);
    const monitor = await startPrometheus({
      target: new URL(gateway.adminUrl).host,
      folder: temporaryFolder(),
      alertmanager: pager.authority,
    });
    onTestFinished(() => monitor.kill());

    const { service } = await services.createService({ fqdn: "shop.example", name: "Shop" });
    const serviceId = service?.id ?? "";
    const phoneNumber = "+37255555555";
    const { user } = await users.createUser({ serviceId, phoneNumber, idInService: "anna" });
    const login = { serviceId, userId: user?.id ?? "" };
    await auth.initiateAuth({ ...login, method: AuthMethod.SMS });
    const pin = await sandbox.pinOf(phoneNumber);
    const now = () => Date.now() / 1_000;
    // The rules have looked at the gateway while all was well.
    await eventually(async () => {
      const seen = await monitor.query("namespace_job:verigate_rpc_bad:rate5m", now());
      return seen.length > 0 ? seen : undefined;
    });
    expect(await monitor.query("ALERTS", now())).toEqual([]);

    await sandbox.control("faults", { call: "any", status: 401 });
    const paged = receiver.next();
    expect(await rpcErrorOf(auth.verifyPin({ ...login, pin }))).toEqual(
      rpcError("Internal", "UPSTREAM_CREDENTIALS_REJECTED", "OPERATOR"),
    );

    const { path, alerts } = await paged;
    expect(path).toBe("/pages");
    expect(alerts.map(({ status, labels }) => ({ status, labels }))).toEqual([
      {
        status: "firing",
        labels: { alertname: "VerigateUpstreamCredentialsRejected", severity: "page", job: "verigate" },
      },
    ]);
    const [alert] = alerts;
    expect(alert?.annotations.description).toContain("calls of verigate failed");
    expect(alert?.annotations.runbook_url).toBe("docs/runbook/verigate-upstream-credentials-rejected.md");
    expect(existsSync(inRepository(alert?.annotations.runbook_url ?? ""))).toBe(true);
  },
);

testWith(alertmanager)("whoever is told that the provider fails is not told what follows from it", async () => {
  const receiver = await startAlertReceiver();
  const pager = await startAlertmanager(receiver.url);
  const logins = { namespace: "shop", job: "logins" };
  await pager.tell(
    { alertname: "VerigateUpstreamBurnsFast", severity: "page", ...logins },
    { alertname: "VerigateBreakerStaysOpen", severity: "page", class: "authentication", ...logins },
    { alertname: "VerigateOutcomesUnknown", severity: "ticket", ...logins },
    // Another gateway's, and what has nothing to do with it.
    { alertname: "VerigateBreakerStaysOpen", severity: "page", namespace: "bank", job: "logins" },
    { alertname: "VerigateSmsSpendAnomaly", severity: "page", ...logins },
  );
  const held = await eventually(async () => {
    const names = await pager.inhibited();
    return names.length > 0 ? names : undefined;
  });
  expect(held).toEqual(["VerigateBreakerStaysOpen", "VerigateOutcomesUnknown"]);
});

testWith(alertmanager)("whoever is told what the store's failure leads to is not told the rest of it", async () => {
  const receiver = await startAlertReceiver();
  const pager = await startAlertmanager(receiver.url);
  const [closed, open] = [
    { namespace: "shop", job: "logins" },
    { namespace: "bank", job: "logins" },
  ];
  await pager.tell(
    { alertname: "VerigateStoreFailsClosed", severity: "page", ...closed },
    { alertname: "VerigateLimitsFailOpen", severity: "page", ...closed },
    { alertname: "VerigateLimitsFailOpen", severity: "page", ...open },
    { alertname: "VerigateStoreDown", severity: "ticket", ...open },
  );
  const held = await eventually(async () => {
    const names = await pager.inhibited();
    return names.length > 1 ? names : undefined;
  });
  expect(held).toEqual(["VerigateLimitsFailOpen", "VerigateStoreDown"]);
});
