import { join } from "node:path";
import { buildKustomization, objectsIn } from "./build-kustomization.ts";
import type { KubernetesObject } from "./kubernetes-object.ts";

const root = join(import.meta.dirname, "../..");

/** What can be deployed as it is, a team that runs the gateway of a cluster, one with the sidecar as it comes, one with all of it. */
export const folders = {
  cluster: "deploy/kubernetes/overlays/cluster",
  dev: "deploy/kubernetes/overlays/dev",
  example: "deploy/kubernetes/examples/sidecar",
  caller: "deploy/kubernetes/examples/caller",
  platform: "tooling/kubernetes/samples/platform",
  sockets: "tooling/kubernetes/samples/sockets",
  team: "tooling/kubernetes/samples/team",
} as const;

export type Folder = keyof typeof folders;

const built = new Map<string, string>();

/** What a folder of the repository is built to; once for each. */
export function manifestOf(path: string): string {
  const manifest = built.get(path) ?? buildKustomization(join(root, path));
  built.set(path, manifest);
  return manifest;
}

/** Objects of its own for each who asks. */
export function objectsOf(folder: Folder): KubernetesObject[] {
  return objectsIn(manifestOf(folders[folder]));
}
