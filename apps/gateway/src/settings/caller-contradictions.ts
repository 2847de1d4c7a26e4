import { createSecureContext } from "node:tls";
import { isLoopback, type ListenAddress, textFromListenAddress } from "@verigate/rpc-server";
import { parseBearerKeys } from "../callers/bearer-keys.ts";
import { parseKeySet } from "../callers/key-set.ts";
import { authenticationSettings, isAuthenticationConfigured } from "../callers/trusted-listeners.ts";
import { LineMistakes } from "../line-mistakes.ts";
import { parsePolicy } from "../policy/parse-policy.ts";
import { codeOf, type FileContent } from "./parsers.ts";
import type { SettingName, SettingValues } from "./settings.ts";

type Values = Partial<SettingValues>;
/** Whether one of these settings is wrong by itself, and its value so unknown. */
type HasFailed = (...names: SettingName[]) => boolean;

/** What is wrong between the settings of listeners and callers, and in the files that they name. */
export function callerContradictions(values: Values, hasFailed: HasFailed): string[] {
  return [
    ...tlsMistakes(values, hasFailed),
    ...(hasFailed("VERIGATE_LISTEN", ...authenticationSettings) ? [] : listenerMistakes(values)),
    ...tokenMistakes(values, hasFailed),
    ...fileMistakes(values),
  ];
}

function tlsMistakes(values: Values, hasFailed: HasFailed): string[] {
  const found: string[] = [];
  if (hasFailed("VERIGATE_TLS_CERT_FILE", "VERIGATE_TLS_KEY_FILE")) {
    return found;
  }
  const { VERIGATE_TLS_CERT_FILE: cert, VERIGATE_TLS_KEY_FILE: key, VERIGATE_TLS_CLIENT_CA_FILE: clientCa } = values;
  if ((cert === undefined) !== (key === undefined)) {
    found.push("VERIGATE_TLS_CERT_FILE and VERIGATE_TLS_KEY_FILE: one is of no use without the other");
  }
  if (clientCa !== undefined && cert === undefined) {
    found.push("VERIGATE_TLS_CLIENT_CA_FILE: needs VERIGATE_TLS_CERT_FILE and VERIGATE_TLS_KEY_FILE");
  }
  if (cert !== undefined && key !== undefined) {
    try {
      createSecureContext({ cert: cert.bytes, key: key.bytes });
    } catch (error) {
      found.push(
        "VERIGATE_TLS_CERT_FILE and VERIGATE_TLS_KEY_FILE: not a certificate and its key in " +
          `"${cert.path}" and "${key.path}" (${codeOf(error)})`,
      );
    }
  }
  return found;
}

function listenerMistakes(values: Values): string[] {
  const found: string[] = [];
  const listeners = values.VERIGATE_LISTEN ?? [];
  const beyond = textsOf(listeners.filter((address) => !isLoopback(address)));
  const isAuthenticated = isAuthenticationConfigured(values);
  if (beyond.length > 0 && !isAuthenticated && values.VERIGATE_ALLOW_UNAUTHENTICATED === false) {
    found.push(
      `VERIGATE_LISTEN: ${beyond.join(", ")} can be reached from other machines; set VERIGATE_KEYS_FILE, ` +
        "VERIGATE_JWT_JWKS or VERIGATE_TLS_CLIENT_CA_FILE so that callers authenticate, or " +
        "VERIGATE_ALLOW_UNAUTHENTICATED=true",
    );
  }
  if (isAuthenticated && values.VERIGATE_ALLOW_UNAUTHENTICATED === true) {
    found.push(
      "VERIGATE_ALLOW_UNAUTHENTICATED: callers are to authenticate and not to; VERIGATE_TRUSTED_LISTEN can let in " +
        "those of this machine",
    );
  }
  const trusted = values.VERIGATE_TRUSTED_LISTEN;
  if (trusted === undefined) {
    return found;
  }
  if (!isAuthenticated) {
    found.push("VERIGATE_TRUSTED_LISTEN: without keys, tokens or client certificates there is nothing to except from");
  }
  for (const address of trusted) {
    const [text = ""] = textsOf([address]);
    if (!textsOf(listeners).includes(text)) {
      found.push(`VERIGATE_TRUSTED_LISTEN: ${text} is not in VERIGATE_LISTEN`);
    } else if (!isLoopback(address)) {
      found.push(`VERIGATE_TRUSTED_LISTEN: ${text} can be reached from other machines, whose callers can't be trusted`);
    }
  }
  return found;
}

function tokenMistakes(values: Values, hasFailed: HasFailed): string[] {
  const found: string[] = [];
  const ofTokens = ["VERIGATE_JWT_ISSUER", "VERIGATE_JWT_AUDIENCE", "VERIGATE_JWT_JWKS"] as const;
  const missing = ofTokens.filter((name) => values[name] === undefined && !hasFailed(name));
  if (missing.length > 0 && missing.length < ofTokens.length) {
    found.push(`${missing.join(" and ")}: missing; a token can only be checked with all of ${ofTokens.join(", ")}`);
  }
  for (const name of ["VERIGATE_JWT_JWKS_CA_FILE", "VERIGATE_JWT_JWKS_TOKEN"] as const) {
    const isForFile = !(values.VERIGATE_JWT_JWKS instanceof URL) && !hasFailed("VERIGATE_JWT_JWKS");
    if (values[name] !== undefined && isForFile) {
      found.push(`${name}: is for a VERIGATE_JWT_JWKS that is a URL`);
    }
  }
  const tcpBeyond = (values.VERIGATE_LISTEN ?? []).filter((address) => !isLoopback(address));
  const hasTokens = values.VERIGATE_KEYS_FILE !== undefined || values.VERIGATE_JWT_JWKS !== undefined;
  if (
    hasTokens &&
    tcpBeyond.length > 0 &&
    values.VERIGATE_TLS_CERT_FILE === undefined &&
    !hasFailed("VERIGATE_TLS_CERT_FILE") &&
    values.VERIGATE_ALLOW_PLAINTEXT_TOKENS === false
  ) {
    found.push(
      `VERIGATE_LISTEN: keys and tokens would come unencrypted to ${textsOf(tcpBeyond).join(", ")}; set ` +
        "VERIGATE_TLS_CERT_FILE and VERIGATE_TLS_KEY_FILE or, where the network encrypts by itself, " +
        "VERIGATE_ALLOW_PLAINTEXT_TOKENS=true",
    );
  }
  return found;
}

function fileMistakes(values: Values): string[] {
  const { VERIGATE_JWT_JWKS: jwks } = values;
  return [
    ...mistakesIn(values, "VERIGATE_KEYS_FILE", (bytes) => parseBearerKeys(bytes.toString())),
    ...mistakesIn(values, "VERIGATE_POLICY_FILE", (bytes) => parsePolicy(bytes.toString())),
    ...mistakesIn({ VERIGATE_JWT_JWKS: jwks instanceof URL ? undefined : jwks }, "VERIGATE_JWT_JWKS", (bytes) =>
      parseKeySet(bytes.toString()),
    ),
  ];
}

function mistakesIn<Name extends SettingName>(
  values: { readonly [Each in Name]?: FileContent | undefined },
  name: Name,
  parse: (bytes: Buffer) => unknown,
): string[] {
  const file = values[name];
  try {
    if (file !== undefined) {
      parse(file.bytes);
    }
    return [];
  } catch (error) {
    return error instanceof LineMistakes
      ? error.textsOf(file?.path ?? "").map((text) => `${name}: ${text}`)
      : // A message of JSON.parse would quote the file.
        [`${name}: the file "${file?.path}" is not of the right form`];
  }
}

function textsOf(addresses: readonly ListenAddress[]): string[] {
  return addresses.map(textFromListenAddress);
}
