import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig } from "rolldown";
import { builtInModules } from "../../tooling/bundle/built-in-modules.js";
import { bundleOptions, bundleOutput } from "../../tooling/bundle/bundle-options.js";
import { packageFiles } from "../../tooling/bundle/package-files.js";

const from = (path) => fileURLToPath(new URL(path, import.meta.url));
const { version } = JSON.parse(readFileSync(from("package.json"), "utf8"));

const common = { ...bundleOptions, transform: { define: { VERIGATE_VERSION: JSON.stringify(version) } } };
const output = { ...bundleOutput, dir: from("dist") };

/** A thread's file, which is found beside the one that starts it. Whole, so that it loads nothing of the server's. */
const thread = (name, path) => ({
  ...common,
  input: { [name]: from(path) },
  plugins: [builtInModules()],
  output: { ...output, codeSplitting: false },
});

/**
 * The command as a package of few files, without dependencies: `main.js`, `server.js` with all that `serve` needs, and
 * files that only some commands and settings load (docs/decisions/0012-few-files.md).
 */
export default defineConfig([
  {
    ...common,
    input: { main: from("src/main.ts") },
    plugins: [builtInModules(), packageFiles(from("."), { name: "verigate", bin: { verigate: "main.js" } })],
    output: {
      ...output,
      cleanDir: true,
      codeSplitting: {
        groups: [
          { name: "server", test: /\/gateway\/src\/(?:server|settings\/config-[a-z-]+)\.ts$/, priority: 1 },
          // What main.ts imports at once must not be found in the server's file, which `health` would load then.
          { name: "command", test: /\/gateway\/src\/(?:version|commands\/command-result)\.ts$/, priority: 2 },
        ],
      },
    },
  },
  thread("user-list-worker", "../../packages/verigator/src/user-list-worker.ts"),
  thread("policy-worker", "src/policy/policy-worker.ts"),
]);
