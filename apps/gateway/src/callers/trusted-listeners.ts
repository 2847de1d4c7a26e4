import { type ListenAddress, textFromListenAddress } from "@verigate/rpc-server";
import type { SettingValues } from "../settings/settings.ts";

/** Settings that say how callers show who they are. */
export const authenticationSettings = [
  "VERIGATE_KEYS_FILE",
  "VERIGATE_JWT_JWKS",
  "VERIGATE_TLS_CLIENT_CA_FILE",
] as const;

/** Whether callers can show who they are in any way. */
export function isAuthenticationConfigured(values: Partial<SettingValues>): boolean {
  return authenticationSettings.some((name) => values[name] !== undefined);
}

/**
 * The listeners whose callers need no credentials, as texts. Trust belongs to a
 * listener, because an address that a packet claims to come from proves nothing.
 */
export function trustedListeners(values: SettingValues): ReadonlySet<string> {
  const trusted = isAuthenticationConfigured(values)
    ? (values.VERIGATE_TRUSTED_LISTEN ?? values.VERIGATE_LISTEN.filter(({ kind }) => kind === "unix"))
    : values.VERIGATE_LISTEN;
  return new Set(trusted.map((address: ListenAddress) => textFromListenAddress(address)));
}
