import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { parse } from "yaml";
import { folders } from "./manifests-for-test.ts";
import { outsideSources } from "./outside-sources.ts";

const root = join(import.meta.dirname, "../..");
const page = readFileSync(join(root, "docs/kubernetes.md"), "utf8");
const blocks = [...page.matchAll(/```yaml\n(.*?)\n```/gs)].map(([, text = ""]) => text);
const kustomizationOf = (folder: string) => parse(readFileSync(join(root, folder, "kustomization.yaml"), "utf8"));

it("says how each Secret is made that the manifests do not bring, with all its keys", () => {
  const commands = [...page.matchAll(/create secret (generic|tls) (\S+) (.*)$/gm)].map(
    ([, kind, name = "", flags = ""]) => {
      const keys = [...flags.matchAll(/--from-file=(\S+)/g)].map(([, key = ""]) => key);
      return [name, kind === "tls" ? ["tls.crt", "tls.key"] : keys] as const;
    },
  );
  const secrets = outsideSources().filter(({ kind }) => kind === "Secret");
  expect(new Map(commands)).toEqual(new Map(secrets.map(({ name, entries }) => [name, [...entries.keys()]])));
});

it("adds the sidecar in five lines, which are those of the examples that are built", () => {
  const [kustomization = "", label = ""] = blocks;
  expect(`${kustomization}\n${label}`.split("\n")).toHaveLength(5);
  const path = "deploy/kubernetes/components/sidecar";
  expect(parse(kustomization).components).toEqual([`../verigate/${path}`]);
  expect(join(folders.example, kustomizationOf(folders.example).components[0])).toBe(path);
  const deployment = parse(readFileSync(join(root, folders.example, "deployment.yaml"), "utf8"));
  expect(deployment.metadata.labels).toMatchObject(parse(label));
});

it("runs the cluster's gateway by a kustomization that is built", () => {
  const shown = blocks.filter((text) => text.includes("overlays/cluster")).map((text) => parse(text));
  const { resources, ...others } = kustomizationOf(folders.platform);
  expect(shown).toEqual([{ ...others, resources: [`../verigate/${folders.cluster}`] }]);
  expect(resources.map((path: string) => join(folders.platform, path))).toEqual([folders.cluster]);
});

it("has links that lead somewhere", () => {
  for (const [, path = "", anchor] of page.matchAll(/\]\(([^)#]*)(?:#([^)]+))?\)/g)) {
    const target = join(root, "docs", path || "kubernetes.md");
    expect(existsSync(target), path).toBe(true);
    const headings = anchor === undefined ? [] : [...readFileSync(target, "utf8").matchAll(/^#+ (.+)$/gm)];
    const anchors = headings.map(([, text = ""]) =>
      text
        .toLowerCase()
        .replace(/[^a-z0-9_ -]/g, "")
        .replaceAll(" ", "-"),
    );
    expect(anchors, anchor).toEqual(anchor === undefined ? [] : expect.arrayContaining([anchor]));
  }
});
