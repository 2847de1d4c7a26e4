import { readFileSync } from "node:fs";
import type { FaultKind } from "@verigate/call";
import { nameOfReason } from "@verigate/contract";
import { errorCatalogue } from "@verigate/rpc-server";
import { expect, it } from "vitest";
import { recordings } from "./recorded-outcome.ts";

const page = readFileSync(new URL("../../../../docs/request-ids.md", import.meta.url), "utf8");
const [, table = ""] = page.split("## Recorded or released");
const effects = {
  recorded: "gets it again",
  released: /is carried out|as if it were the first/,
  "recorded-if-sent": "not safe to repeat; else is carried out",
  "unknown-if-sent": "is carried out; but where a request was sent",
};

it.each(Object.entries(recordings) as [FaultKind, keyof typeof effects][])(
  "docs/request-ids.md says of %s that it is %s",
  (kind, recording) => {
    const reason = nameOfReason(errorCatalogue[kind].reason);
    const row = table.split("\n").find((line) => line.split("|")[1]?.includes(`\`${reason}\``));

    expect(row?.split("|")[2]).toMatch(effects[recording]);
  },
);
