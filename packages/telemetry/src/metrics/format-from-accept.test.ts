import { expect, it } from "vitest";
import { formatFromAccept } from "./format-from-accept.ts";

const prometheus2 =
  "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
const prometheus3 =
  "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1";
const browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

it.each([
  ["Prometheus 2", prometheus2, "openmetrics"],
  ["Prometheus 3", prometheus3, "openmetrics"],
  ["one that wants nothing else", "application/openmetrics-text", "openmetrics"],
  ["one that shouts", "Application/OpenMetrics-Text; Version=1.0.0", "openmetrics"],
  ["a browser", browser, "text"],
  ["curl", "*/*", "text"],
  ["one that says nothing", undefined, "text"],
  ["one that says nothing much", "", "text"],
  ["one that likes text better", "application/openmetrics-text;q=0.2, text/plain;q=0.9", "text"],
  ["one that refuses OpenMetrics", "application/openmetrics-text;q=0, */*", "text"],
] as const)("%s gets what it asks for", (_, accept, format) => {
  expect(formatFromAccept(accept)).toBe(format);
});
