import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig } from "rolldown";

const from = (path) => fileURLToPath(new URL(path, import.meta.url));
const { version } = JSON.parse(readFileSync(from("package.json"), "utf8"));

/** The command as a few files without dependencies: it starts in half the time, in two thirds of the memory. */
export default defineConfig({
  input: {
    main: from("src/main.ts"),
    // Threads' files, which are found beside the ones that start them.
    "user-list-worker": from("../../packages/verigator/src/user-list-worker.ts"),
    "policy-worker": from("src/policy/policy-worker.ts"),
  },
  platform: "node",
  resolve: { conditionNames: ["@verigate/source", "import", "node", "default"] },
  transform: { define: { VERIGATE_VERSION: JSON.stringify(version) } },
  output: { dir: from("dist"), cleanDir: true, minify: true, sourcemap: true },
});
