import type { MetricEntry } from "./metric-entry.ts";
import type { Series } from "./series.ts";

/** What is read when the metrics are. */
export interface ProcessFigures {
  readonly version: string;
  /** Whether calls are taken. */
  readonly isReady: boolean;
  /** When the certificates in use end, in milliseconds since 1970; of a file with several, the first that does. */
  readonly certificates: Readonly<Partial<Record<CertificateName, number>>>;
}

export type CertificateName = (typeof certificateNames)[number];

export interface ProcessMetrics {
  readProcess(figures: ProcessFigures): void;
}

const certificateNames = ["server", "client_ca", "upstream_ca"] as const;
const ownVersion = { values: [], words: "of this process" };

export const processEntries: Readonly<Record<string, MetricEntry>> = {
  verigate_certificate_not_after_timestamp_seconds: {
    type: "gauge",
    help:
      "When a certificate in use ends, in seconds since 1970: that of VERIGATE_TLS_CERT_FILE, VERIGATE_TLS_CLIENT_CA_FILE " +
      "or VERIGATE_UPSTREAM_CA_FILE; of a file with several, the first that does. Absent where there is none.",
    unit: "seconds",
    labels: { certificate: { values: certificateNames } },
  },
  verigate_ready: {
    type: "gauge",
    help: "1 while /readyz says ready, 0 while it starts or drains.",
    labels: {},
  },
  verigate_build_info: {
    type: "gauge",
    help: "Always 1; its labels are the versions of the gateway and of Node.",
    labels: { version: ownVersion, node: ownVersion },
  },
};

export function createProcessMetrics(series: Series): ProcessMetrics {
  let figures: ProcessFigures | undefined;
  series.gauge("verigate_certificate_not_after_timestamp_seconds", (set) => {
    for (const [certificate, ms] of Object.entries(figures?.certificates ?? {})) {
      set(ms / 1_000, { certificate });
    }
  });
  series.gauge("verigate_ready", (set) => set(Number(figures?.isReady ?? false)));
  series.gauge("verigate_build_info", (set) => {
    if (figures !== undefined) {
      set(1, { version: figures.version, node: process.versions.node });
    }
  });
  return {
    readProcess(given) {
      figures = given;
    },
  };
}
