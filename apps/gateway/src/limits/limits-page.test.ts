import { readFileSync } from "node:fs";
import { limitNames } from "@verigate/telemetry";
import { expect, it } from "vitest";
import { limitSettings } from "../settings/limit-settings.ts";

const page = readFileSync(new URL("../../../../docs/limits.md", import.meta.url), "utf8");
const reasons = [
  "SEND_COOLDOWN",
  "SEND_LIMIT",
  "SERVICE_SEND_LIMIT",
  "PUMPING_SUSPECTED",
  "COUNTRY_NOT_ALLOWED",
  "CALLER_RATE_LIMITED",
];

it.each([...Object.keys(limitSettings), ...limitNames, ...reasons])("docs/limits.md speaks of %s", (name) => {
  expect(page).toMatch(new RegExp(`\\b${name}\\b`));
});
