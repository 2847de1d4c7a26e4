import { once } from "node:events";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import { eventually } from "./eventually.ts";
import { type Span, spansFromOtlp } from "./otlp-spans.ts";

/** A server that takes traces by OTLP over HTTP, as a collector does. */
export interface OtlpReceiver {
  /** For OTEL_EXPORTER_OTLP_ENDPOINT. */
  readonly url: string;
  readonly deliveries: readonly Delivery[];
  /** All spans so far. */
  readonly spans: readonly Span[];
  /** Fulfils when there is a span of which `is` is true. */
  received(is: (span: Span) => boolean): Promise<Span>;
  /** From now on, what deliveries are answered with; "hang" is never. */
  answer(status: number | "hang"): void;
  /** Deliveries that were not answered, and whose sender still waits. */
  readonly waiting: number;
  /** Breaks all connections. */
  close(): Promise<void>;
}

export interface Delivery {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
}

export async function startOtlpReceiver(): Promise<OtlpReceiver> {
  const deliveries: Delivery[] = [];
  const spans: Span[] = [];
  let status: number | "hang" = 200;
  let waiting = 0;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("error", () => {});
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const bytes = Buffer.concat(chunks);
      deliveries.push({ path: request.url ?? "", headers: request.headers, bytes });
      spans.push(...spansFromOtlp(bytes));
      waiting += 1;
      response.once("close", () => {
        waiting -= 1;
      });
      if (status !== "hang") {
        response.writeHead(status, { "content-type": "application/x-protobuf" }).end();
      }
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const receiver: OtlpReceiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    deliveries,
    spans,
    received: (is) => eventually(() => spans.find(is)),
    answer(next) {
      status = next;
    },
    get waiting() {
      return waiting;
    },
    async close() {
      if (server.listening) {
        server.close();
        server.closeAllConnections();
        await once(server, "close");
      }
    },
  };
  onTestFinished(() => receiver.close());
  return receiver;
}

/** Settings with which a gateway delivers its spans there, soon. */
export function traceEnvOf({ url }: OtlpReceiver): Record<string, string> {
  return { OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_BSP_SCHEDULE_DELAY: "1" };
}
