import type { Account } from "./accounts.ts";
import { type SandboxOptions, SandboxOptionsError } from "./sandbox-options.ts";

const known = ["VERIGATE_SANDBOX_LISTEN", "VERIGATE_SANDBOX_ACCOUNT"];
// Kubernetes sets these for a service that is called verigate-sandbox.
const serviceLink = /^VERIGATE_SANDBOX_(SERVICE_(HOST|PORT.*)|PORT.*)$/;

/**
 * Reads VERIGATE_SANDBOX_LISTEN (`host:port`) and VERIGATE_SANDBOX_ACCOUNT (a comma
 * list of `username:password`). Throws a SandboxOptionsError with all mistakes; a
 * password is never quoted.
 */
export function sandboxOptionsFromEnv(env: Readonly<Record<string, string | undefined>>): SandboxOptions {
  const mistakes = Object.keys(env)
    .filter((name) => name.startsWith("VERIGATE_SANDBOX_") && !known.includes(name) && !serviceLink.test(name))
    .map((name) => `${name}: there is no such setting; known are ${known.join(" and ")}`);

  const listen = listenFromText(env.VERIGATE_SANDBOX_LISTEN ?? "127.0.0.1:8025");
  if (listen === undefined) mistakes.push("VERIGATE_SANDBOX_LISTEN: must be host:port, such as 127.0.0.1:8025");

  const accounts = accountsFromText(env.VERIGATE_SANDBOX_ACCOUNT ?? "sandbox:sandbox");
  if (accounts === undefined) {
    mistakes.push("VERIGATE_SANDBOX_ACCOUNT: must be a comma list of username:password, each username once");
  }

  if (mistakes.length > 0) throw new SandboxOptionsError(mistakes);
  return { ...listen, accounts };
}

function listenFromText(text: string): { host: string; port: number } | undefined {
  const { v6, name, port } =
    /^(?:\[(?<v6>[0-9a-f:.]+)\]|(?<name>[^\s:/[\]]+)):(?<port>\d{1,5})$/i.exec(text)?.groups ?? {};
  const host = v6 ?? name;
  if (host === undefined || Number(port) > 65_535) return undefined;
  return { host, port: Number(port) };
}

function accountsFromText(text: string): Account[] | undefined {
  const accounts = text.split(",").map((part) => {
    const [, username = "", password = ""] = /^([^:]+):(.+)$/.exec(part.trim()) ?? [];
    return { username, password };
  });
  const usernames = new Set(accounts.map(({ username }) => username));
  return usernames.has("") || usernames.size < accounts.length ? undefined : accounts;
}
