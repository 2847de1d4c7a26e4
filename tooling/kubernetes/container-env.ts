import type { IContainer } from "kubernetes-models/v1";
import { type ConfigSource, findSource } from "./config-sources.ts";

/** Variables as the kubelet sets them: those of ConfigMaps and Secrets first, single ones over them. */
export function containerEnv(
  { envFrom = [], env = [] }: IContainer,
  sources: readonly ConfigSource[],
): Record<string, string> {
  const whole = envFrom.flatMap(({ configMapRef, secretRef }) => [
    ...(findSource(sources, "ConfigMap", configMapRef?.name)?.entries ?? []),
    ...(findSource(sources, "Secret", secretRef?.name)?.entries ?? []),
  ]);
  const single = env.map(({ name, value, valueFrom: { secretKeyRef, configMapKeyRef } = {} }) => [
    name,
    value ??
      findSource(sources, "Secret", secretKeyRef?.name)?.entries.get(secretKeyRef?.key ?? "") ??
      findSource(sources, "ConfigMap", configMapKeyRef?.name)?.entries.get(configMapKeyRef?.key ?? "") ??
      "",
  ]);
  return Object.fromEntries([...whole, ...single]);
}
