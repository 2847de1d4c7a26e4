import { settings } from "@verigate/gateway";
import { errorCatalogue } from "@verigate/rpc-server";
import { errorsPage } from "./errors-page.ts";
import { enumValueComments } from "./proto-comments.ts";
import { settingsPage } from "./settings-page.ts";

const errorProto = "verigate/v1/error.proto";

/** The text of each generated page, by its path, out of the code of the repository at `root`. */
export function generatedPages(root: string): Readonly<Record<string, string>> {
  return {
    "docs/settings.md": settingsPage(settings),
    "docs/errors.md": errorsPage({
      catalogue: errorCatalogue,
      reasonComments: enumValueComments(root, errorProto, "ErrorReason"),
      stepComments: enumValueComments(root, errorProto, "NextStep"),
    }),
  };
}
