import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

/** Takes what an Alertmanager sends to its webhooks, as somebody's pager does. */
export interface AlertReceiver {
  readonly url: string;
  /** All notifications so far. */
  readonly notifications: readonly AlertNotification[];
  /** Fulfils with the next notification. */
  next(): Promise<AlertNotification>;
}

/** https://prometheus.io/docs/alerting/latest/configuration/#webhook_config, the part that is looked at. */
export interface AlertNotification {
  readonly path: string;
  readonly receiver: string;
  readonly alerts: readonly {
    readonly status: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Readonly<Record<string, string>>;
  }[];
}

/** One on a free port, that ends with the test. */
export async function startAlertReceiver(): Promise<AlertReceiver> {
  const notifications: AlertNotification[] = [];
  const waiting: ((notification: AlertNotification) => void)[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (text: string) => {
      body += text;
    });
    request.on("end", () => {
      response.end();
      const notification = { ...JSON.parse(body), path: request.url ?? "" } as AlertNotification;
      notifications.push(notification);
      for (const fulfil of waiting.splice(0)) {
        fulfil(notification);
      }
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    notifications,
    next: () => new Promise((resolve) => waiting.push(resolve)),
  };
}
