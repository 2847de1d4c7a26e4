import { defineConfig } from "vitest/config";

// Tests run on the sources: no build has to be fresh for them.
const conditions = ["@verigate/source"];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ["{packages,apps,examples,bench,tooling}/**/*.test.ts", "e2e/**/*.test.ts"],
    execArgv: conditions.map((condition) => `--conditions=${condition}`),
    // Each test bounds itself by what it waits for; this ends one that hangs.
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
