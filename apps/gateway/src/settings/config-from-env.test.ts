import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { configFromEnv, type Env } from "./config-from-env.ts";
import { ConfigMistakes } from "./config-mistakes.ts";

const folder = mkdtempSync(join(tmpdir(), "verigate-settings-"));
afterAll(() => rmSync(folder, { recursive: true }));
const hashKey = Buffer.alloc(32, 1).toString("base64");
const account = { MESSENTE_API_USERNAME: "user", MESSENTE_API_PASSWORD: "pass:word" };

function mistakesOf(env: Env): readonly string[] {
  try {
    configFromEnv(env);
    return [];
  } catch (error) {
    return error instanceof ConfigMistakes ? error.mistakes : [String(error)];
  }
}

function fileOf(content: string): string {
  const path = join(folder, crypto.randomUUID());
  writeFileSync(path, content);
  return path;
}

it("the account is all that must be set", () => {
  const { values, warnings } = configFromEnv(account);

  expect(values.VERIGATE_LISTEN).toEqual([{ kind: "tcp", host: "127.0.0.1", port: 8080 }]);
  expect(values.VERIGATE_DEFAULT_DEADLINE).toBe(10_000);
  expect(values.VERIGATE_ATTEMPT_TIMEOUT).toBe(1_500);
  expect(values.VERIGATE_UPSTREAM_URL.href).toBe("https://api.verigator.com/");
  expect(warnings).toEqual([]);
});

it("all mistakes are found at once, each by its name", () => {
  const mistakes = mistakesOf({
    VERIGATE_LISTEN: "8080",
    VERIGATE_DEFAULT_DEADLINE: "10",
    VERIGATE_REFLECTION: "yes",
    VERIGATE_UPSTREAM_CONCURRENCY: "0",
    VERIGATE_LOG_LEVEL: "loud",
    VERIGATE_UPSTREAM_URL: "https://user:secret-0451@host/",
    VERIGATE_TLS_CERT_FILE: "/no/such/file",
    VERIGATE_LISTEM: "x",
  });

  expect(mistakes.map((mistake) => mistake.split(":")[0])).toEqual([
    "VERIGATE_LISTEN",
    "VERIGATE_TLS_CERT_FILE",
    "VERIGATE_UPSTREAM_URL",
    "VERIGATE_DEFAULT_DEADLINE",
    "VERIGATE_UPSTREAM_CONCURRENCY",
    "VERIGATE_REFLECTION",
    "VERIGATE_LOG_LEVEL",
    "VERIGATE_LISTEM",
    "MESSENTE_API_USERNAME",
    "MESSENTE_API_PASSWORD",
  ]);
  expect(mistakes.join()).not.toContain("secret-0451");
});

it.each([
  ["VERIGATE_LISTEM", "did you mean VERIGATE_LISTEN?"],
  ["VERIGATE_UPSTREAM_UR", "did you mean VERIGATE_UPSTREAM_URL?"],
  ["VERIGATE_SOMETHING_ELSE_ENTIRELY", "there is no such setting"],
])("an unknown name %s is a mistake that helps: %s", (name, help) => {
  expect(mistakesOf({ ...account, [name]: "x" })).toEqual([expect.stringContaining(help)]);
  expect(configFromEnv({ ...account, [name]: "x", VERIGATE_UNKNOWN_SETTINGS: "warn" }).warnings).toEqual([
    expect.stringContaining(help),
  ]);
});

it("what Kubernetes, the sandbox and the test run set is passed over", () => {
  expect(
    mistakesOf({
      ...account,
      VERIGATE_SERVICE_HOST: "10.0.0.1",
      VERIGATE_SERVICE_PORT_GRPC: "8080",
      VERIGATE_PORT: "tcp://10.0.0.1:8080",
      VERIGATE_PORT_8080_TCP_ADDR: "10.0.0.1",
      VERIGATE_ADMIN_SERVICE_HOST: "10.0.0.2",
      VERIGATE_SANDBOX_LISTEN: "127.0.0.1:8025",
      VERIGATE_REQUIRE_REAL: "1",
    }),
  ).toEqual([]);
});

it("a secret may stand in a file, whose one trailing newline is no part of it", () => {
  const { values } = configFromEnv({
    MESSENTE_API_USERNAME_FILE: fileOf("user\n"),
    MESSENTE_API_PASSWORD_FILE: fileOf("pass:word"),
  });

  expect(values.MESSENTE_API_USERNAME).toBe("user");
  expect(values.MESSENTE_API_PASSWORD).toBe("pass:word");
});

it("an account in files is read again as it is then", () => {
  const file = fileOf("before");
  const { readAccount } = configFromEnv({ MESSENTE_API_USERNAME: "user", MESSENTE_API_PASSWORD_FILE: file });
  expect(readAccount()).toEqual({ username: "user", password: "before" });

  writeFileSync(file, "after\n");
  expect(readAccount()).toEqual({ username: "user", password: "after" });
  writeFileSync(file, "");
  expect(readAccount).toThrow("is empty");
});

it("a secret that is set twice, missing in its file, or unfit for a header is a mistake that does not show it", () => {
  const secret = "secret-0451";
  for (const [env, why] of [
    [{ MESSENTE_API_PASSWORD: secret, MESSENTE_API_PASSWORD_FILE: fileOf(secret) }, "both"],
    [{ MESSENTE_API_PASSWORD: undefined, MESSENTE_API_PASSWORD_FILE: `/no/such/${secret}` }, "ENOENT"],
    [{ MESSENTE_API_PASSWORD: `${secret}\r\nX-Injected: 1` }, "ASCII"],
    [{ MESSENTE_API_PASSWORD_FILE: fileOf(`${secret}\n\n`), MESSENTE_API_PASSWORD: undefined }, "ASCII"],
    [{ MESSENTE_API_USERNAME: `user:${secret}` }, "colon"],
    [{ VERIGATE_REDIS_URL: `http://:${secret}@host` }, "redis or rediss URL"],
    [{ VERIGATE_REDIS_URL: `redis://:${secret}@host/0?tls=no`, VERIGATE_HASH_KEY: hashKey }, "number of a database"],
    [{ VERIGATE_HASH_KEY: secret }, "32 bytes"],
    [{ VERIGATE_HASH_KEY: `${hashKey},${secret}` }, "32 bytes"],
    [{ VERIGATE_HASH_KEY: `${hashKey}, ` }, "32 bytes"],
  ] as const) {
    const mistakes = mistakesOf({ ...account, ...env });
    expect(mistakes).toEqual([expect.stringContaining(why)]);
    expect(mistakes.join()).not.toContain(secret);
  }
});

it.each([
  [{ VERIGATE_LISTEN: "0.0.0.0:8080" }, "VERIGATE_LISTEN: 0.0.0.0:8080 can be reached from other machines"],
  [{ VERIGATE_LISTEN: "127.0.0.1:1,gateway.internal:8080" }, "gateway.internal:8080 can be reached"],
  [{ VERIGATE_UPSTREAM_URL: "http://10.0.0.1" }, "VERIGATE_ALLOW_PLAINTEXT_UPSTREAM"],
  [{ VERIGATE_DEFAULT_DEADLINE: "61s" }, "VERIGATE_DEFAULT_DEADLINE: is longer than VERIGATE_MAX_DEADLINE"],
  [{ VERIGATE_REPLICATED: "true" }, "VERIGATE_REPLICATED: replicas that share no VERIGATE_REDIS_URL"],
  [{ VERIGATE_REDIS_WAIT_REPLICAS: "1" }, "VERIGATE_REDIS_WAIT_REPLICAS: without VERIGATE_REDIS_URL"],
  [{ VERIGATE_REDIS_WAIT_REPLICAS: "9" }, 'VERIGATE_REDIS_WAIT_REPLICAS: "9" is not a whole number from 0 to 8'],
  [{ VERIGATE_REDIS_URL: "redis://127.0.0.1" }, "VERIGATE_HASH_KEY: required with VERIGATE_REDIS_URL"],
])("%j is a contradiction", (env, mistake) => {
  expect(mistakesOf({ ...account, ...env })).toEqual([expect.stringContaining(mistake)]);
});

it.each([
  { VERIGATE_LISTEN: "0.0.0.0:8080", VERIGATE_ALLOW_UNAUTHENTICATED: "true" },
  { VERIGATE_LISTEN: "unix:/tmp/x.sock, [::1]:0" },
  { VERIGATE_UPSTREAM_URL: "http://127.0.0.1:8025" },
  { VERIGATE_UPSTREAM_URL: "http://[::1]:8025/base" },
  { VERIGATE_UPSTREAM_URL: "http://10.0.0.1", VERIGATE_ALLOW_PLAINTEXT_UPSTREAM: "true" },
  { VERIGATE_REPLICATED: "true", VERIGATE_REDIS_URL: "rediss://user:p%40ss@host:6380/1", VERIGATE_HASH_KEY: hashKey },
  { VERIGATE_REDIS_WAIT_REPLICAS: "8", VERIGATE_REDIS_URL: "redis://host", VERIGATE_HASH_KEY: hashKey },
  { VERIGATE_REDIS_WAIT_REPLICAS: "0" },
  { VERIGATE_HASH_KEY: `${hashKey}, ${hashKey}`, VERIGATE_STORE_FAILURE: "allow" },
  { VERIGATE_DRAIN_DELAY: "0", VERIGATE_CORS_ORIGINS: "https://a.example,http://localhost:3000" },
])("%j is fine", (env) => {
  expect(mistakesOf({ ...account, ...env })).toEqual([]);
});

it("at most 20 services are told apart, each by an id as the contract has it", () => {
  const ids = Array.from({ length: 20 }, (_, index) => `s${index}`);
  const { values } = configFromEnv({ ...account, VERIGATE_METRICS_SERVICES: ids.join(" , ") });
  expect(values.VERIGATE_METRICS_SERVICES).toEqual(ids);

  const mistakeOf = (text: string) => mistakesOf({ ...account, VERIGATE_METRICS_SERVICES: text });
  expect(mistakeOf([...ids, "s20"].join())).toEqual(["VERIGATE_METRICS_SERVICES: has 21 entries; 20 are the most"]);
  expect(mistakeOf("a,,b")).toEqual(['VERIGATE_METRICS_SERVICES: "" is not an id of 1 to 256 bytes']);
  expect(mistakeOf("é".repeat(129))[0]).toContain("is not an id of 1 to 256 bytes");
});

it.each(["", "\n", "\r\n"])(
  "a secret's file that is empty (%j) is a mistake, and not a setting that is not set",
  (content) => {
    const file = fileOf(content);

    expect(
      mistakesOf({
        MESSENTE_API_USERNAME: "user",
        MESSENTE_API_PASSWORD_FILE: file,
        VERIGATE_REDIS_URL_FILE: file,
        VERIGATE_HASH_KEY_FILE: file,
      }).toSorted(),
    ).toEqual([
      "MESSENTE_API_PASSWORD: the file that MESSENTE_API_PASSWORD_FILE names is empty",
      "VERIGATE_HASH_KEY: the file that VERIGATE_HASH_KEY_FILE names is empty",
      "VERIGATE_REDIS_URL: the file that VERIGATE_REDIS_URL_FILE names is empty",
    ]);
  },
);
