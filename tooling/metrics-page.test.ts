import { metricsCatalogue } from "@verigate/telemetry";
import { expect, it } from "vitest";
import { metricsPage } from "./metrics-page.ts";

const page = metricsPage(metricsCatalogue);
const entries = metricsCatalogue.flatMap((group) => Object.entries(group.entries));

it.each(entries)("%s has a row with its type and meaning", (name, { type, help, hasExemplars }) => {
  const row = page.split("\n").find((line) => line.startsWith(`| \`${name}\` `));
  expect(row).toBe(`| \`${name}\` | ${type}${hasExemplars ? ", exemplars" : ""} | ${help} |`);
});

it("labels, buckets and what is there at start stand behind the table", () => {
  const text = metricsPage([
    {
      title: "Calls",
      entries: {
        calls_total: {
          type: "counter",
          help: "Calls.",
          labels: {
            outcome: { values: ["ok", "lost"] },
            who: { values: ["other"], fallback: "other", words: "the ids in `IDS`" },
            method: { values: ["sms", "unknown"], fallback: "unknown" },
          },
          zeros: { which: "every outcome of others", series: [] },
        },
        call_seconds: { type: "histogram", help: "Time.", unit: "seconds", labels: {}, buckets: [0.5, 1] },
        level: { type: "gauge", help: "Level.", labels: {} },
      },
    },
  ]);
  expect(text).toContain(`
\`calls_total\`

- \`outcome\`: \`ok\`, \`lost\`
- \`who\`: the ids in \`IDS\`, *\`other\`*
- \`method\`: \`sms\`, *\`unknown\`*
- at start: every outcome of others

\`call_seconds\`

- buckets up to 0.5, 1
`);
  expect(text).not.toContain("\n`level`\n");
});
