import type { IContainer, IVolume } from "kubernetes-models/v1";
import { type ConfigSource, configSourcesIn, findSource } from "./config-sources.ts";
import { containersOf, type KubernetesObject, type Pods, podsIn, titleOf } from "./kubernetes-object.ts";

/** A mention of a ConfigMap or Secret, and of keys in it. */
interface Reference {
  readonly kind: ConfigSource["kind"];
  readonly name: string | undefined;
  readonly keys: readonly string[];
  readonly isOptional: boolean;
}

/**
 * ConfigMaps, Secrets and keys that are asked for and not there, and mounts and
 * volumes without each other. `outside` is what somebody else has to put into
 * the namespace.
 */
export function configMistakes(objects: readonly KubernetesObject[], outside: readonly ConfigSource[]): string[] {
  const sources = [...configSourcesIn(objects), ...outside];
  return podsIn(objects).flatMap((pods) => {
    const title = titleOf(pods.workload);
    const references = [
      ...(pods.spec.volumes ?? []).flatMap(referencesOfVolume),
      ...containersOf(pods).flatMap(referencesOfContainer),
    ];
    return [
      ...references.flatMap((reference) => missing(reference, sources)).map((what) => `${title}: there is no ${what}`),
      ...mountMistakes(pods).map((what) => `${title}: ${what}`),
    ];
  });
}

function missing({ kind, name, keys, isOptional }: Reference, sources: readonly ConfigSource[]): string[] {
  const source = findSource(sources, kind, name);
  if (source === undefined) {
    return isOptional ? [] : [`${kind} ${name}`];
  }
  return keys.filter((key) => !source.entries.has(key)).map((key) => `${key} in ${kind} ${name}`);
}

function mountMistakes(pods: Pods): string[] {
  const volumes = (pods.spec.volumes ?? []).map(({ name }) => name);
  const mounts = containersOf(pods).flatMap(({ name: container, volumeMounts = [] }) =>
    volumeMounts.map((mount) => ({ container, ...mount })),
  );
  return [
    ...mounts
      .filter(({ name }) => !volumes.includes(name))
      .map(({ container, name }) => `${container} mounts ${name}, which is no volume`),
    ...mounts
      .filter(({ subPath }) => subPath !== undefined)
      .map(({ container, name }) => `${container} mounts a subPath of ${name}, which is never renewed`),
    ...volumes.filter((name) => mounts.every((mount) => mount.name !== name)).map((name) => `nobody mounts ${name}`),
    ...volumes.filter((name, index) => volumes.indexOf(name) !== index).map((name) => `volume ${name} is there twice`),
  ];
}

function referencesOfVolume({ configMap, secret, projected }: IVolume): Reference[] {
  return [
    ...(configMap === undefined ? [] : [referenceTo("ConfigMap", configMap)]),
    ...(secret === undefined ? [] : [referenceTo("Secret", { ...secret, name: secret.secretName })]),
    ...(projected?.sources ?? []).flatMap((source) => [
      ...(source.configMap === undefined ? [] : [referenceTo("ConfigMap", source.configMap)]),
      ...(source.secret === undefined ? [] : [referenceTo("Secret", source.secret)]),
    ]),
  ];
}

function referencesOfContainer({ envFrom = [], env = [] }: IContainer): Reference[] {
  return [
    ...envFrom.flatMap(({ configMapRef, secretRef }) => [
      ...(configMapRef === undefined ? [] : [referenceTo("ConfigMap", configMapRef)]),
      ...(secretRef === undefined ? [] : [referenceTo("Secret", secretRef)]),
    ]),
    ...env.flatMap(({ valueFrom: { configMapKeyRef, secretKeyRef } = {} }) => [
      ...(configMapKeyRef === undefined
        ? []
        : [referenceTo("ConfigMap", { ...configMapKeyRef, items: [configMapKeyRef] })]),
      ...(secretKeyRef === undefined ? [] : [referenceTo("Secret", { ...secretKeyRef, items: [secretKeyRef] })]),
    ]),
  ];
}

function referenceTo(
  kind: ConfigSource["kind"],
  {
    name,
    items = [],
    optional = false,
  }: { name?: string | undefined; items?: readonly { key: string }[]; optional?: boolean },
): Reference {
  return { kind, name, keys: items.map(({ key }) => key), isOptional: optional };
}
