import { ConfigMistakes, configFromEnv, type Env } from "@verigate/gateway";
import { describe, expect, test } from "vitest";
import { verigate } from "./command-under-test.ts";
import { envForTest } from "./gateway-under-test.ts";
import { secret } from "./samples.ts";

const good = envForTest("http://127.0.0.1:9");
const linesOf = (text: string) => text.trimEnd().split("\n");

test.each(["serve", "config"])(
  "verigate %s says every mistake at once, one a line, and ends with 78",
  async (command) => {
    const { exitCode, stdout, stderr } = await verigate([command], {
      VERIGATE_LISTEN: "nowhere",
      VERIGATE_UPSTREAM_URL: `ftp://user:${secret}@host`,
      VERIGATE_DEFAULT_DEADLINE: "10",
      VERIGATE_REFLECTION: "yes",
      VERIGATE_UPSTREAM_CONCURRENCY: "0",
      VERIGATE_LOG_LEVEL: "loud",
      VERIGATE_LISTN: "127.0.0.1:1",
      MESSENTE_API_PASSWORD: `${secret} with spaces`,
    });
    expect(exitCode).toBe(78);
    expect(stdout).toBe("");
    expect(
      linesOf(stderr)
        .map((line) => /^verigate: (\w+)/.exec(line)?.[1])
        .sort(),
    ).toEqual([
      "MESSENTE_API_PASSWORD",
      "MESSENTE_API_USERNAME",
      "VERIGATE_DEFAULT_DEADLINE",
      "VERIGATE_LISTEN",
      "VERIGATE_LISTN",
      "VERIGATE_LOG_LEVEL",
      "VERIGATE_REFLECTION",
      "VERIGATE_UPSTREAM_CONCURRENCY",
      "VERIGATE_UPSTREAM_URL",
    ]);
    expect(stderr).not.toContain(secret);
    expect(stderr).toContain("did you mean VERIGATE_LISTEN?");
  },
);

const mistakes: readonly {
  readonly name: string;
  readonly env: Readonly<Record<string, string>>;
  readonly line: RegExp;
}[] = [
  {
    name: "a listener beyond loopback",
    env: { VERIGATE_LISTEN: "0.0.0.0:0" },
    line: /VERIGATE_LISTEN: .*VERIGATE_ALLOW_UNAUTHENTICATED/,
  },
  {
    name: "one of two beyond loopback",
    env: { VERIGATE_LISTEN: "127.0.0.1:0,[::]:0" },
    line: /VERIGATE_LISTEN: \[::\]:0 can/,
  },
  {
    name: "http to another machine",
    env: { VERIGATE_UPSTREAM_URL: "http://messente.example" },
    line: /VERIGATE_UPSTREAM_URL: .*VERIGATE_ALLOW_PLAINTEXT_UPSTREAM/,
  },
  {
    name: "half a certificate",
    env: { VERIGATE_TLS_CERT_FILE: "/dev/null" },
    line: /VERIGATE_TLS_CERT_FILE and VERIGATE_TLS_KEY_FILE/,
  },
  {
    name: "a file that is not there",
    env: { VERIGATE_TLS_KEY_FILE: "/nowhere/key.pem" },
    line: /VERIGATE_TLS_KEY_FILE: .*ENOENT/,
  },
  {
    name: "a secret in two places",
    env: { MESSENTE_API_PASSWORD_FILE: "/dev/null" },
    line: /MESSENTE_API_PASSWORD: both/,
  },
  {
    name: "a colon in the account's name",
    env: { MESSENTE_API_USERNAME: "a:b" },
    line: /MESSENTE_API_USERNAME: must not contain a colon/,
  },
  {
    name: "a socket path that is too long",
    env: { VERIGATE_LISTEN: `unix:/${"x".repeat(120)}` },
    line: /VERIGATE_LISTEN: .*108|VERIGATE_LISTEN: .*10[37]/,
  },
  {
    name: "a socket path that is relative",
    env: { VERIGATE_LISTEN: "unix:gateway.sock" },
    line: /VERIGATE_LISTEN: .*absolute/,
  },
  {
    name: "a default deadline over the maximum",
    env: { VERIGATE_DEFAULT_DEADLINE: "61s" },
    line: /VERIGATE_DEFAULT_DEADLINE: is longer/,
  },
];

function mistakesOf(env: Env): readonly string[] {
  try {
    configFromEnv({ ...good, ...env });
  } catch (error) {
    if (error instanceof ConfigMistakes) {
      return error.mistakes;
    }
    throw error;
  }
  return [];
}

test.each(mistakes)("$name is one mistake, and the setting is named", ({ env, line }) => {
  expect(mistakesOf(env)).toEqual([expect.stringMatching(line)]);
});

describe("verigate config", () => {
  test("prints JSON where nobody looks, with secrets masked", async () => {
    const { exitCode, stdout, stderr } = await verigate(["config"], {
      ...good,
      MESSENTE_API_USERNAME: `${secret}-name`,
      MESSENTE_API_PASSWORD: secret,
    });
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(JSON.parse(stdout)).toMatchObject({
      VERIGATE_LISTEN: "127.0.0.1:0",
      MESSENTE_API_USERNAME: "********",
      MESSENTE_API_PASSWORD: "********",
      VERIGATE_TLS_CERT_FILE: null,
    });
    expect(stdout).not.toContain(secret);
  });
});

test.each<{ readonly name: string; readonly env: Env }>([
  {
    name: "an unknown setting where it is to be a warning",
    env: { VERIGATE_UNKNOWN_SETTINGS: "warn", VERIGATE_LISTN: "x" },
  },
  {
    name: "what Kubernetes sets for a Service",
    env: {
      VERIGATE_SERVICE_HOST: "10.0.0.1",
      VERIGATE_PORT: "tcp://10.0.0.1:8080",
      VERIGATE_PORT_8080_TCP_ADDR: "10.0.0.1",
    },
  },
  {
    name: "what belongs to other parts of Verigate",
    env: { VERIGATE_SANDBOX_LISTEN: "127.0.0.1:0", VERIGATE_REQUIRE_REAL: "1" },
  },
  {
    name: "a listener beyond loopback where that is allowed",
    env: { VERIGATE_LISTEN: "0.0.0.0:0", VERIGATE_ALLOW_UNAUTHENTICATED: "true" },
  },
])("$name is no mistake", ({ env }) => {
  expect(mistakesOf(env)).toEqual([]);
});
