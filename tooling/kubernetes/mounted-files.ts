import { posix } from "node:path";
import type { IContainer, IKeyToPath, IVolume } from "kubernetes-models/v1";
import { type ConfigSource, findSource } from "./config-sources.ts";
import type { Pods } from "./kubernetes-object.ts";

/** Where the content of a file in a container comes from. */
export type FileOrigin =
  | {
      readonly from: ConfigSource["kind"];
      readonly name: string;
      readonly key: string;
      readonly text: string | undefined;
    }
  | { readonly from: "token"; readonly audience: string | undefined };

type Files = ReadonlyMap<string, FileOrigin>;

/** The files that volumes put into a container, by their absolute paths. What does not exist has no files. */
export function mountedFiles(pods: Pods, container: IContainer, sources: readonly ConfigSource[]): Files {
  return new Map(
    (container.volumeMounts ?? []).flatMap(({ name, mountPath }) => {
      const volume = (pods.spec.volumes ?? []).find((each) => each.name === name);
      const files = volume === undefined ? [] : [...filesOf(volume, sources)];
      return files.map(([path, origin]) => [posix.join(mountPath, path), origin] as const);
    }),
  );
}

/** By their paths within the volume. */
function filesOf({ configMap, secret, projected }: IVolume, sources: readonly ConfigSource[]): Files {
  return new Map([
    ...filesFrom("ConfigMap", configMap?.name, configMap?.items, sources),
    ...filesFrom("Secret", secret?.secretName, secret?.items, sources),
    ...(projected?.sources ?? []).flatMap((source): (readonly [string, FileOrigin])[] => [
      ...filesFrom("ConfigMap", source.configMap?.name, source.configMap?.items, sources),
      ...filesFrom("Secret", source.secret?.name, source.secret?.items, sources),
      ...(source.serviceAccountToken === undefined
        ? []
        : ([
            [source.serviceAccountToken.path, { from: "token", audience: source.serviceAccountToken.audience }],
          ] as const)),
    ]),
  ]);
}

function filesFrom(
  kind: ConfigSource["kind"],
  name: string | undefined,
  items: readonly IKeyToPath[] | undefined,
  sources: readonly ConfigSource[],
): (readonly [string, FileOrigin])[] {
  const source = findSource(sources, kind, name);
  if (source === undefined) {
    return [];
  }
  const { entries } = source;
  const wanted = items ?? [...entries.keys()].map((key) => ({ key, path: key }));
  return wanted
    .filter(({ key }) => entries.has(key))
    .map(({ key, path }) => [path, { from: kind, name: source.name, key, text: entries.get(key) }]);
}
