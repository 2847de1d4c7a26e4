import { join } from "node:path";
import { Code } from "@connectrpc/connect";
import { ErrorReason, nameOfReason } from "@verigate/contract";
import { errorCatalogue } from "@verigate/rpc-server";
import { expect, it } from "vitest";
import { errorsPage } from "./errors-page.ts";
import { enumValueComments } from "./proto-comments.ts";

const root = join(import.meta.dirname, "..");
const sources = {
  catalogue: errorCatalogue,
  reasonComments: enumValueComments(root, "verigate/v1/error.proto", "ErrorReason"),
  stepComments: enumValueComments(root, "verigate/v1/error.proto", "NextStep"),
};
const page = errorsPage(sources);
/** The cell of the reason's row that names its codes. */
const codesOf = (reason: ErrorReason) =>
  page
    .split("\n")
    .find((line) => line.startsWith(`| \`${nameOfReason(reason)}\` `))
    ?.split(" | ")[1];

it.each(Object.entries(errorCatalogue))("the reason of %s has a row with its code", (_kind, { reason, code }) => {
  const name = code === Code.Canceled ? "CANCELLED" : Code[code].replaceAll(/(?<=[a-z])[A-Z]/g, "_$&").toUpperCase();
  expect(codesOf(reason)).toContain(`\`${name}\``);
});

it.each(Object.entries(errorCatalogue))(
  "the code that the contract's comment names is one of %s's reason",
  (_kind, { reason }) => {
    const [named = ""] = (sources.reasonComments.get(`ERROR_REASON_${nameOfReason(reason)}`) ?? "").split(":");
    for (const code of named.split(" or ")) {
      expect(codesOf(reason)).toContain(`\`${code}\``);
    }
  },
);

it("a reason that no fault has is reserved, not listed", () => {
  const other = { ...errorCatalogue["user-not-found"], reason: ErrorReason.SERVICE_NOT_FOUND };
  const text = errorsPage({ ...sources, catalogue: { ...errorCatalogue, "user-not-found": other } });
  expect(text).not.toContain("| `USER_NOT_FOUND` ");
  expect(text).toMatch(/^Reserved.*`USER_NOT_FOUND`/m);
});

it("a reason without a comment in the contract is refused", () => {
  expect(() => errorsPage({ ...sources, reasonComments: new Map() })).toThrow("no comment");
});
