import { readFileSync } from "node:fs";
import { isLoopback } from "@verigate/rpc-server";
import { callerContradictions } from "./caller-contradictions.ts";
import { ConfigMistakes } from "./config-mistakes.ts";
import { codeOf } from "./parsers.ts";
import { type Setting, type SettingName, type SettingValues, settings } from "./settings.ts";
import { traceContradictions } from "./tracing-from-settings.ts";
import { unknownSettings } from "./unknown-settings.ts";

export type Env = Readonly<Record<string, string | undefined>>;

/** All settings, checked, and what was found odd but not wrong. */
export interface Config {
  readonly values: SettingValues;
  /** Reads the account again, from where it was read at first. Throws an Error where that fails. */
  readonly readAccount: () => { readonly username: string; readonly password: string };
  /** The files that the account stands in. */
  readonly accountFiles: readonly string[];
  /** Reads VERIGATE_JWT_JWKS_TOKEN again. Throws an Error where that fails. */
  readonly readJwksToken: () => string | undefined;
  readonly warnings: readonly string[];
}

/**
 * Reads the settings out of the environment and the files that it names. Throws
 * ConfigMistakes with everything that is wrong, so that one start finds it all.
 * An empty variable counts as one that is not set.
 */
export function configFromEnv(env: Env): Config {
  const mistakes: string[] = [];
  const entries = Object.entries<Setting<unknown>>(settings).map(([name, setting]) => {
    try {
      return [name, valueFromEnv(env, name, setting)];
    } catch (error) {
      mistakes.push(`${name}: ${error instanceof Error ? error.message : "can't be read"}`);
      return [name, undefined];
    }
  });
  const values = Object.fromEntries(entries) as SettingValues;
  const known = Object.entries<Setting<unknown>>(settings).flatMap(([name, { isSecret }]) =>
    isSecret ? [name, `${name}_FILE`] : [name],
  );
  const unknown = unknownSettings(Object.keys(env), known);
  const warnings = env.VERIGATE_UNKNOWN_SETTINGS === "warn" ? unknown : [];
  mistakes.push(...(warnings.length > 0 ? [] : unknown), ...contradictions(values, mistakes));
  if (mistakes.length > 0) {
    throw new ConfigMistakes(mistakes);
  }
  return {
    values,
    warnings,
    readAccount: () => accountFromEnv(env),
    accountFiles: [env.MESSENTE_API_USERNAME_FILE, env.MESSENTE_API_PASSWORD_FILE].filter(
      (path): path is string => path !== undefined && path !== "",
    ),
    readJwksToken: () => secretText(env, "VERIGATE_JWT_JWKS_TOKEN") || undefined,
  };
}

function accountFromEnv(env: Env): ReturnType<Config["readAccount"]> {
  const { MESSENTE_API_USERNAME: username, MESSENTE_API_PASSWORD: password } = settings;
  return {
    username: username.parse(secretText(env, "MESSENTE_API_USERNAME") ?? ""),
    password: password.parse(secretText(env, "MESSENTE_API_PASSWORD") ?? ""),
  };
}

function valueFromEnv(env: Env, name: string, setting: Setting<unknown>): unknown {
  const text = setting.isSecret ? secretText(env, name) : env[name];
  const given = text === undefined || text === "" ? setting.default : text;
  return given === undefined ? undefined : setting.parse(given);
}

/** A secret's text, or that of the file that `<NAME>_FILE` names, whose one trailing newline is trimmed. */
function secretText(env: Env, name: string): string | undefined {
  const file = env[`${name}_FILE`];
  if (file === undefined || file === "") {
    return env[name];
  }
  if (env[name] !== undefined && env[name] !== "") {
    throw new Error(`both ${name} and ${name}_FILE are set; one of them has to go`);
  }
  let text: string;
  try {
    text = readFileSync(file, "utf8").replace(/\r?\n$/, "");
  } catch (error) {
    // The path is not quoted: it may be the secret itself, in the wrong variable.
    throw new Error(`the file that ${name}_FILE names can't be read (${codeOf(error)})`);
  }
  if (text === "") {
    // It would count as a setting that is not set: of VERIGATE_REDIS_URL, as state that nobody shares.
    throw new Error(`the file that ${name}_FILE names is empty`);
  }
  return text;
}

/** What is wrong between settings, each of which is fine by itself. Those that failed already are not looked at. */
function contradictions(values: Partial<SettingValues>, mistakes: readonly string[]): string[] {
  const found: string[] = [];
  const hasFailed = (...names: SettingName[]) =>
    names.some((name) => mistakes.some((each) => each.startsWith(`${name}:`)));

  for (const name of ["MESSENTE_API_USERNAME", "MESSENTE_API_PASSWORD"] as const) {
    if (values[name] === undefined && !hasFailed(name)) {
      found.push(`${name}: required, here or in a file that ${name}_FILE names`);
    }
  }
  found.push(...callerContradictions(values, hasFailed));
  const hasRedis = values.VERIGATE_REDIS_URL !== undefined;
  if (values.VERIGATE_REPLICATED === true && !hasRedis && !hasFailed("VERIGATE_REDIS_URL")) {
    found.push("VERIGATE_REPLICATED: replicas that share no VERIGATE_REDIS_URL would send a repeated SMS again");
  }
  if ((values.VERIGATE_REDIS_WAIT_REPLICAS ?? 0) > 0 && !hasRedis && !hasFailed("VERIGATE_REDIS_URL")) {
    found.push("VERIGATE_REDIS_WAIT_REPLICAS: without VERIGATE_REDIS_URL there are no replicas to wait for");
  }
  if (hasRedis && values.VERIGATE_HASH_KEY === undefined && !hasFailed("VERIGATE_HASH_KEY")) {
    found.push("VERIGATE_HASH_KEY: required with VERIGATE_REDIS_URL, or replicas could not read each other's state");
  }
  const upstream = values.VERIGATE_UPSTREAM_URL;
  if (
    upstream?.protocol === "http:" &&
    !isLoopbackHost(upstream) &&
    values.VERIGATE_ALLOW_PLAINTEXT_UPSTREAM === false
  ) {
    found.push("VERIGATE_UPSTREAM_URL: http beyond this machine needs VERIGATE_ALLOW_PLAINTEXT_UPSTREAM=true");
  }
  if ((values.VERIGATE_DEFAULT_DEADLINE ?? 0) > (values.VERIGATE_MAX_DEADLINE ?? Number.POSITIVE_INFINITY)) {
    found.push("VERIGATE_DEFAULT_DEADLINE: is longer than VERIGATE_MAX_DEADLINE");
  }
  found.push(...traceContradictions(values));
  return found;
}

function isLoopbackHost(url: URL): boolean {
  return isLoopback({ kind: "tcp", host: url.hostname.replace(/^\[(.*)\]$/, "$1"), port: 0 });
}
