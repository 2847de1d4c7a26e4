import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parseStartLine, readStartLine } from "./start-line.ts";

const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), "utf8");
const dockerfile = read("deploy/gateway.Dockerfile");

/** The words of an instruction in its JSON form. */
function wordsOf(pattern: RegExp): string[] {
  return JSON.parse(pattern.exec(dockerfile)?.[1] ?? "[]");
}

describe("a start line", () => {
  it("has variables before Node and flags behind it", () => {
    expect(parseStartLine("#!/usr/bin/env -S A=1 B=two node --x=8 --y\nimport")).toEqual({
      env: { A: "1", B: "two" },
      flags: ["--x=8", "--y"],
    });
  });

  it("may have neither", () => {
    expect(parseStartLine("#!/usr/bin/env -S node\n")).toEqual({ env: {}, flags: [] });
  });

  it.each(["", "import x;\n", "#!/usr/bin/env node\n", "#!/usr/bin/env -S deno --x\n"])("is not %j", (source) => {
    expect(() => parseStartLine(source)).toThrow("does not start Node");
  });
});

describe("the command starts with the same flags and variables", () => {
  const { env, flags } = readStartLine();

  it("by itself and by `pnpm gateway`", () => {
    const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
    const words = [...Object.entries(env).map(([name, value]) => `${name}=${value}`), "node", ...flags];
    expect(scripts.gateway).toContain(`${words.join(" ")} apps/gateway/dist/main.js serve`);
  });

  it("by itself and in the image, which has its own authorities beside them", () => {
    expect(wordsOf(/^ENTRYPOINT (\[.*\])$/m)).toEqual([
      "/usr/bin/node",
      ...flags,
      "--use-openssl-ca",
      "/verigate/main.js",
    ]);
    for (const [name, value] of Object.entries(env)) {
      expect(dockerfile).toContain(`${name}=${value}`);
    }
  });

  it("by itself and as the image's health check", () => {
    expect(wordsOf(/^HEALTHCHECK [^[]*CMD (\[.*\])$/m)).toEqual([
      "/usr/bin/node",
      ...flags,
      "/verigate/main.js",
      "health",
    ]);
  });
});
