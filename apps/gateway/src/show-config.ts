import { textFromListenAddress } from "@verigate/rpc-server";
import { type Allowance, textFromAllowance } from "./limits/allowance.ts";
import type { Config } from "./settings/config-from-env.ts";
import { type Setting, settings } from "./settings/settings.ts";

/** The settings in force as texts, in their order; secrets are masked, and what is not set is null. */
function shownConfig({ values }: Config): Record<string, string | null> {
  return Object.fromEntries(
    Object.entries<Setting<unknown>>(settings).map(([name, { isSecret }]) => {
      const value = values[name as keyof typeof values];
      return [name, value === undefined ? null : isSecret ? "********" : shown(value)];
    }),
  );
}

/** One setting a line for people; JSON for programs. */
export function printConfig(config: Config, isForPeople: boolean): string {
  const entries = shownConfig(config);
  if (!isForPeople) {
    return `${JSON.stringify(entries, undefined, 2)}\n`;
  }
  const width = Math.max(...Object.keys(entries).map(({ length }) => length));
  return Object.entries(entries)
    .map(([name, value]) => `${name.padEnd(width)}  ${value ?? "-"}\n`)
    .join("");
}

function shown(value: unknown): string {
  if (value instanceof Map) {
    return [...value].map(([name, text]) => `${name}=${text}`).join(",");
  }
  if (Array.isArray(value)) {
    return value.length === 0 ? "none" : value.map(shown).join(",");
  }
  if (typeof value === "object" && value !== null && "max" in value && "windowMs" in value) {
    return textFromAllowance(value as Allowance);
  }
  if (typeof value === "object" && value !== null && "path" in value && "bytes" in value) {
    return String(value.path);
  }
  if (typeof value === "object" && value !== null && "kind" in value) {
    return textFromListenAddress(value as Parameters<typeof textFromListenAddress>[0]);
  }
  return String(value);
}
