import { configMistakes } from "./config-mistakes.ts";
import type { ConfigSource } from "./config-sources.ts";
import { gatewayMistakes } from "./gateway-mistakes.ts";
import { gatewaysIn } from "./gateways-in.ts";
import type { KubernetesObject } from "./kubernetes-object.ts";
import { portMistakes } from "./port-mistakes.ts";
import { selectorMistakes } from "./selector-mistakes.ts";
import { workloadMistakes } from "./workload-mistakes.ts";

export interface ManifestOptions {
  /** ConfigMaps and Secrets that others put into the namespace. */
  readonly outside: readonly ConfigSource[];
  /** Takes copies of the files that gateways read. */
  readonly folder: string;
}

/** All that does not fit together of what is deployed together, a sentence each. What each object says for itself is not judged. */
export function manifestMistakes(objects: readonly KubernetesObject[], { outside, folder }: ManifestOptions): string[] {
  return [
    ...selectorMistakes(objects),
    ...portMistakes(objects),
    ...configMistakes(objects, outside),
    ...workloadMistakes(objects),
    ...gatewayMistakes(gatewaysIn(objects, outside, folder), objects),
  ];
}
