import { fileURLToPath } from "node:url";
import { defineConfig } from "rolldown";
import { builtInModules } from "../../tooling/bundle/built-in-modules.js";
import { bundleOptions, bundleOutput } from "../../tooling/bundle/bundle-options.js";
import { packageFiles } from "../../tooling/bundle/package-files.js";

const from = (path) => fileURLToPath(new URL(path, import.meta.url));

/** The sandbox as one file, which its image is made of. */
export default defineConfig({
  ...bundleOptions,
  input: { main: from("src/main.ts") },
  plugins: [builtInModules(), packageFiles(from("."))],
  output: { ...bundleOutput, dir: from("dist"), cleanDir: true },
});
