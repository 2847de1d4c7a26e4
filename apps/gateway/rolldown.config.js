import { fileURLToPath } from "node:url";
import { defineConfig } from "rolldown";

const from = (path) => fileURLToPath(new URL(path, import.meta.url));

/** The command as a few files without dependencies: it starts in half the time, in two thirds of the memory. */
export default defineConfig({
  input: {
    main: from("src/main.ts"),
    // A thread's file, which is found beside the one that starts it.
    "user-list-worker": from("../../packages/verigator/src/user-list-worker.ts"),
  },
  platform: "node",
  resolve: { conditionNames: ["@verigate/source", "import", "node", "default"] },
  output: { dir: from("dist"), cleanDir: true, minify: true, sourcemap: true },
});
