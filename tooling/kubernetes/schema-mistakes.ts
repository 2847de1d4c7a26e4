import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type KubernetesObject, titleOf } from "./kubernetes-object.ts";

const root = join(import.meta.dirname, "../..");
/** Packages that have a module for each kind of an API group, under `group/version/Kind`; all others are Kubernetes' own. */
const packagesOfGroups: Readonly<Record<string, string>> = {
  "monitoring.coreos.com": "@kubernetes-models/prometheus-operator",
};

/**
 * What of each object Kubernetes would not take, or would silently drop. The schema
 * finds what is missing, of the wrong type or form; but it lets unknown fields pass,
 * which the compiler does not, when the same object is written down as a literal of
 * its type. In the order of the objects.
 */
export async function schemaMistakes(objects: readonly KubernetesObject[]): Promise<string[][]> {
  const found = await Promise.all(objects.map(formMistakes));
  typeMistakes(objects).forEach((mistakes, index) => {
    found[index]?.push(...mistakes);
  });
  return found.map((mistakes, index) =>
    mistakes.map((mistake) => `${titleOf(objects[index] as KubernetesObject)}: ${mistake}`),
  );
}

async function formMistakes(object: KubernetesObject): Promise<string[]> {
  const models = await import(moduleOf(object));
  try {
    new models[object.kind](object).validate();
    return [];
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}

function moduleOf({ apiVersion, kind }: KubernetesObject): string {
  const [group = ""] = apiVersion.split("/");
  return `${packagesOfGroups[group] ?? "kubernetes-models"}/${apiVersion}/${kind}`;
}

function typeMistakes(objects: readonly KubernetesObject[]): string[][] {
  const folder = mkdtempSync(join(tmpdir(), "kubernetes-types-"));
  try {
    objects.forEach((object, index) => {
      const type = `import("${moduleOf(object)}").I${object.kind}`;
      writeFileSync(
        join(folder, `${index}.ts`),
        `export const object: ${type} = ${JSON.stringify(object, undefined, 1)};\n`,
      );
    });
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(compilerConfig()));
    const { status, stdout, error } = spawnSync(
      join(root, "node_modules/.bin/tsc"),
      ["-p", folder, "--pretty", "false"],
      {
        cwd: folder,
        encoding: "utf8",
      },
    );
    if (error !== undefined) {
      throw error;
    }
    const lines = [...stdout.matchAll(/^(\d+)\.ts\(\d+,\d+\): error (.*)$/gm)];
    if ((status === 0) !== (lines.length === 0) || /^error /m.test(stdout)) {
      throw new Error(`the compiler ended with ${status}: ${stdout}`);
    }
    return objects.map((_, index) =>
      lines.filter(([, file]) => Number(file) === index).map(([, , message = ""]) => message),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function compilerConfig() {
  const modules = join(root, "tooling/node_modules");
  const packages = ["kubernetes-models", ...Object.values(packagesOfGroups)];
  return {
    compilerOptions: {
      module: "nodenext",
      strict: true,
      noEmit: true,
      skipLibCheck: true,
      types: [],
      paths: Object.fromEntries(packages.map((name) => [`${name}/*`, [join(modules, name, "*.d.ts")]])),
    },
    include: ["*.ts"],
  };
}
