import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { eventually } from "./eventually.ts";
import { freePort } from "./free-port.ts";
import { inRepository } from "./repository.ts";
import { temporaryFolder } from "./temporary-folder.ts";

export const alertmanagerExample = "deploy/prometheus/alertmanager.example.yaml";

export interface AlertmanagerUnderTest {
  /** Its host and port. */
  readonly authority: string;
  /** Tells it of alerts, as a Prometheus does, by their labels. */
  tell(...alerts: readonly Readonly<Record<string, string>>[]): Promise<void>;
  /** The names of the alerts that it holds back because of others, in order. */
  inhibited(): Promise<readonly string[]>;
}

/** The example of deploy/prometheus on a free port, told to send to `receiverUrl` instead; ends with the test. */
export async function startAlertmanager(receiverUrl: string): Promise<AlertmanagerUnderTest> {
  const folder = temporaryFolder();
  const authority = `127.0.0.1:${await freePort()}`;
  const config = readFileSync(inRepository(alertmanagerExample), "utf8");
  writeFileSync(join(folder, "alertmanager.yaml"), config.replaceAll("http://127.0.0.1:9099", receiverUrl));
  const child = spawn(
    "prometheus-alertmanager",
    [
      `--config.file=${join(folder, "alertmanager.yaml")}`,
      `--storage.path=${folder}`,
      `--web.listen-address=${authority}`,
      // Alone: no gossip, and no port for it.
      "--cluster.listen-address=",
      "--log.level=error",
    ],
    { stdio: ["ignore", "ignore", "inherit"] },
  );
  let hasEnded = false;
  const ended = once(child, "exit").then(() => {
    hasEnded = true;
  });
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await ended;
  });
  await eventually(async () => {
    if (hasEnded) {
      throw new Error("Alertmanager did not start");
    }
    const answer = await fetch(`http://${authority}/-/ready`).catch(() => undefined);
    return answer?.ok === true ? true : undefined;
  });
  const api = `http://${authority}/api/v2/alerts`;
  return {
    authority,
    async tell(...alerts) {
      const headers = { "content-type": "application/json" };
      const body = JSON.stringify(alerts.map((labels) => ({ labels })));
      const answer = await fetch(api, { method: "POST", headers, body });
      if (!answer.ok) {
        throw new Error(`Alertmanager refused the alerts: ${await answer.text()}`);
      }
    },
    async inhibited() {
      const alerts = (await (await fetch(api)).json()) as readonly {
        readonly labels: Readonly<Record<string, string>>;
        readonly status: { readonly inhibitedBy: readonly string[] };
      }[];
      const held = alerts.filter(({ status }) => status.inhibitedBy.length > 0);
      return held.map(({ labels }) => labels.alertname ?? "").sort();
    },
  };
}
