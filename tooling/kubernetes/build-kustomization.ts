import { execFileSync } from "node:child_process";
import { parseAllDocuments } from "yaml";
import { kubectl } from "./kubectl.ts";
import type { KubernetesObject } from "./kubernetes-object.ts";

/** What `kubectl kustomize` makes of a folder, as text. Throws an Error with kubectl's own words where it fails. */
export function buildKustomization(folder: string): string {
  return execFileSync(kubectl(), ["kustomize", folder], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

/** The objects of a build, or of any manifest. */
export function objectsIn(manifest: string): KubernetesObject[] {
  return parseAllDocuments(manifest).map((document) => {
    if (document.errors.length > 0) {
      throw document.errors[0];
    }
    return document.toJS();
  });
}
