import { existsSync } from "node:fs";
import { dirname } from "node:path";
import type { SettingName } from "./settings/settings.ts";

/** What a setting has opened, such as a listener. Where that failed, an Error that names the setting before the reason. */
export async function openedFor<Opened>(name: SettingName, opening: Promise<Opened>): Promise<Opened> {
  try {
    return await opening;
  } catch (cause) {
    throw new Error(`${name}: ${reasonOf(cause)}`, { cause });
  }
}

function reasonOf(error: unknown): string {
  const { address, message } = error as { readonly address?: string; readonly message: string };
  // Node says that permission was denied.
  if (address?.startsWith("/") && !existsSync(dirname(address))) {
    return `unix:${address}: its folder does not exist`;
  }
  return message;
}
