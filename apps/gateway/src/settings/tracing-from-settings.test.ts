import { expect, it } from "vitest";
import { printConfig } from "../show-config.ts";
import { version } from "../version.ts";
import { configFromEnv, type Env } from "./config-from-env.ts";
import { ConfigMistakes } from "./config-mistakes.ts";
import { tracingFromSettings } from "./tracing-from-settings.ts";

const secret = "tell-nobody";
const account = { MESSENTE_API_USERNAME: "user", MESSENTE_API_PASSWORD: "password" };
const OTEL_EXPORTER_OTLP_ENDPOINT = "http://collector:4318";

const tracingOf = (env: Env) => tracingFromSettings(configFromEnv({ ...account, ...env }).values);

function mistakesOf(env: Env): readonly string[] {
  try {
    configFromEnv({ ...account, ...env });
  } catch (error) {
    if (error instanceof ConfigMistakes) {
      return error.mistakes;
    }
    throw error;
  }
  return [];
}

it.each<{ readonly name: string; readonly env: Env }>([
  { name: "nothing", env: {} },
  { name: "an empty endpoint", env: { OTEL_EXPORTER_OTLP_ENDPOINT: "" } },
  { name: "OTEL_TRACES_EXPORTER=none", env: { OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_TRACES_EXPORTER: "none" } },
  { name: "OTEL_SDK_DISABLED=TRUE", env: { OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_SDK_DISABLED: "TRUE" } },
  { name: "a name and a sampler alone", env: { OTEL_SERVICE_NAME: "x", OTEL_TRACES_SAMPLER: "always_on" } },
])("with $name, traces are off", ({ env }) => {
  expect(tracingOf(env)).toBeUndefined();
});

it.each<{ readonly env: Env; readonly url: string }>([
  { env: { OTEL_EXPORTER_OTLP_ENDPOINT }, url: "http://collector:4318/v1/traces" },
  { env: { OTEL_EXPORTER_OTLP_ENDPOINT: "https://collector/otlp/" }, url: "https://collector/otlp/v1/traces" },
  { env: { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "http://collector/here" }, url: "http://collector/here" },
  {
    env: { OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "http://other:1/" },
    url: "http://other:1/",
  },
  { env: { OTEL_TRACES_EXPORTER: "otlp" }, url: "http://localhost:4318/v1/traces" },
])("with $env, traces go to $url", ({ env, url }) => {
  expect(tracingOf(env)?.url).toBe(url);
});

it("the defaults are those of OpenTelemetry's specification", () => {
  expect(tracingOf({ OTEL_EXPORTER_OTLP_ENDPOINT })).toEqual({
    url: "http://collector:4318/v1/traces",
    headers: {},
    sampler: "parentbased_always_on",
    ratio: 1,
    batch: { delayMs: 5_000, exportTimeoutMs: 30_000, queueMax: 2_048, sizeMax: 512 },
    resource: { "service.name": "verigate", "service.version": version },
  });
});

it("service.name is OTEL_SERVICE_NAME, or else that of OTEL_RESOURCE_ATTRIBUTES", () => {
  const attributes = { OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_RESOURCE_ATTRIBUTES: "service.name=a%20b , team=x" };
  expect(tracingOf(attributes)?.resource).toMatchObject({ "service.name": "a b", team: "x" });
  expect(tracingOf({ ...attributes, OTEL_SERVICE_NAME: "c" })?.resource).toMatchObject({
    "service.name": "c",
    team: "x",
  });
});

it.each<{ readonly name: string; readonly env: Env; readonly line: RegExp }>([
  {
    name: "an endpoint with credentials",
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: `http://user:${secret}@collector` },
    line: /^OTEL_EXPORTER_OTLP_ENDPOINT: must be a URL without credentials/,
  },
  {
    name: "an endpoint without a scheme",
    env: { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${secret}:4318` },
    line: /^OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: is not an http/,
  },
  {
    name: "headers without names",
    env: { OTEL_EXPORTER_OTLP_HEADERS: secret },
    line: /^OTEL_EXPORTER_OTLP_HEADERS: must be pairs/,
  },
  {
    name: "headers that can't be sent",
    env: { OTEL_EXPORTER_OTLP_TRACES_HEADERS: `authorization=${secret}%0A` },
    line: /^OTEL_EXPORTER_OTLP_TRACES_HEADERS: has a name or a value that can't be a header's/,
  },
  {
    name: "broken percent-encoding",
    env: { OTEL_EXPORTER_OTLP_HEADERS: `authorization=${secret}%` },
    line: /^OTEL_EXPORTER_OTLP_HEADERS: .*percent-encoding/,
  },
  {
    name: "an exporter that is not there",
    env: { OTEL_TRACES_EXPORTER: "zipkin" },
    line: /^OTEL_TRACES_EXPORTER: "zipkin" is none of otlp, none/,
  },
  {
    name: "a protocol that is not spoken",
    env: { OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" },
    line: /^OTEL_EXPORTER_OTLP_PROTOCOL: traces are sent by http\/protobuf only/,
  },
  {
    name: "such a protocol for traces",
    env: { OTEL_TRACES_EXPORTER: "otlp", OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: "http/json" },
    line: /^OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: traces are sent by http\/protobuf only/,
  },
  {
    name: "a sampler that is not there",
    env: { OTEL_TRACES_SAMPLER: "sometimes" },
    line: /^OTEL_TRACES_SAMPLER: "sometimes" is none of always_on, /,
  },
  {
    name: "a share of more than all",
    env: { OTEL_TRACES_SAMPLER_ARG: "1.5" },
    line: /^OTEL_TRACES_SAMPLER_ARG: "1.5" is not a number from 0 to 1/,
  },
  {
    name: "a propagator that is not there",
    env: { OTEL_PROPAGATORS: "tracecontex" },
    line: /^OTEL_PROPAGATORS: "tracecontex" is none of/,
  },
  {
    name: "batches larger than the queue",
    env: { OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_BSP_MAX_QUEUE_SIZE: "10" },
    line: /^OTEL_BSP_MAX_EXPORT_BATCH_SIZE: is larger/,
  },
])("$name is one mistake, which names the setting and no secret", ({ env, line }) => {
  const mistakes = mistakesOf(env);
  expect(mistakes).toEqual([expect.stringMatching(line)]);
  expect(mistakes.join()).not.toContain(secret);
});

it("a protocol that is not spoken is no mistake where traces are off", () => {
  expect(mistakesOf({ OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" })).toEqual([]);
});

it("verigate config shows the settings of traces, with headers masked", () => {
  const config = configFromEnv({
    ...account,
    OTEL_EXPORTER_OTLP_ENDPOINT,
    OTEL_EXPORTER_OTLP_HEADERS: `authorization=Bearer%20${secret}`,
    OTEL_EXPORTER_OTLP_TRACES_HEADERS: `x=${secret}`,
    OTEL_RESOURCE_ATTRIBUTES: "team=logins,stage=test",
  });
  const shown = printConfig(config, false);
  expect(JSON.parse(shown)).toMatchObject({
    OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector:4318/",
    OTEL_EXPORTER_OTLP_HEADERS: "********",
    OTEL_EXPORTER_OTLP_TRACES_HEADERS: "********",
    OTEL_RESOURCE_ATTRIBUTES: "team=logins,stage=test",
    VERIGATE_UPSTREAM_TRACE: "true",
  });
  expect(shown + printConfig(config, true)).not.toContain(secret);
});
