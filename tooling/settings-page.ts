import type { Setting } from "@verigate/gateway";
import { markdownTable } from "./markdown-table.ts";

const intro = `# Settings

The gateway is set by environment variables and nothing else. Generated from \`apps/gateway/src/settings/settings.ts\` by
\`pnpm generate:docs\`.

- **Only the account is required**: \`MESSENTE_API_USERNAME\` and \`MESSENTE_API_PASSWORD\`. An empty variable counts as one
  that is not set.
- **Secrets** may stand in a file: \`<NAME>_FILE\` names it, and one newline at its end is dropped. Setting both is a mistake.
- **Durations** are a whole number and a unit: \`1500ms\`, \`10s\`, \`1m\`, \`1h\`; or \`0\`. A day is the most.
- **Lists** are separated by commas.
- **Mistakes** stop the start with exit code 78, all of them at once, one a line on stderr. \`verigate config\` finds the same
  ones without starting, and shows the settings in force with secrets masked.
- **Unknown names** that start with \`VERIGATE_\` are mistakes too, with the name that was probably meant.
  \`VERIGATE_UNKNOWN_SETTINGS=warn\` turns them into warnings, for instance while old and new replicas share a
  configuration.
- **Kubernetes** puts variables such as \`VERIGATE_SERVICE_HOST\` and \`VERIGATE_PORT_8080_TCP\` into containers where a
  Service is named \`verigate\`. Those are ignored.

`;

/** docs/settings.md: a row for each setting, in the table's order. */
export function settingsPage(settings: Readonly<Record<string, Setting<unknown>>>): string {
  const rows = Object.entries(settings).map(([name, { shape, meaning, isSecret, default: fallback }]) => [
    isSecret ? `\`${name}\` or \`${name}_FILE\`` : `\`${name}\``,
    shape,
    fallback === undefined ? "-" : `\`${fallback}\``,
    meaning,
  ]);
  return `${intro}${markdownTable(["name", "shape", "default", "meaning"], rows)}`;
}
