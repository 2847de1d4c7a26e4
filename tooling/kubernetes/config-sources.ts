import type { KubernetesObject } from "./kubernetes-object.ts";

/** A ConfigMap or a Secret. */
export interface ConfigSource {
  readonly kind: "ConfigMap" | "Secret";
  readonly name: string;
  /** Texts by their keys; undefined where only the key is known. */
  readonly entries: ReadonlyMap<string, string | undefined>;
}

interface ConfigObject extends KubernetesObject {
  readonly data?: Readonly<Record<string, string>>;
}

/** The ConfigMaps and Secrets of a build. */
export function configSourcesIn(objects: readonly KubernetesObject[]): ConfigSource[] {
  return (objects as readonly ConfigObject[]).flatMap(({ kind, metadata, data = {} }) => {
    if (kind !== "ConfigMap" && kind !== "Secret") {
      return [];
    }
    const textOf = (value: string) => (kind === "Secret" ? Buffer.from(value, "base64").toString() : value);
    const entries = Object.entries(data).map(([key, value]) => [key, textOf(value)] as const);
    return [{ kind, name: metadata.name, entries: new Map(entries) }];
  });
}

export function findSource(
  sources: readonly ConfigSource[],
  kind: ConfigSource["kind"],
  name: string | undefined,
): ConfigSource | undefined {
  return sources.find((source) => source.kind === kind && source.name === name);
}
