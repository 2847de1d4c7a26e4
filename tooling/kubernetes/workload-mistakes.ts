import type { IHorizontalPodAutoscalerSpec } from "kubernetes-models/autoscaling/v2";
import { containersOf, type KubernetesObject, ofKind, type Pods, podsIn, titleOf } from "./kubernetes-object.ts";

/** Everything that stands in no namespace. */
const clusterWide = ["Namespace"];

/** What is wrong between workloads, their accounts, autoscalers and namespaces. */
export function workloadMistakes(objects: readonly KubernetesObject[]): string[] {
  const pods = podsIn(objects);
  const accounts = ofKind(objects, "ServiceAccount").map(({ metadata }) => metadata.name);
  return [
    ...pods.flatMap((each) => accountMistakes(each, accounts)),
    ...pods.flatMap(nameMistakes),
    ...ofKind<IHorizontalPodAutoscalerSpec>(objects, "HorizontalPodAutoscaler").flatMap((autoscaler) =>
      autoscalerMistakes(autoscaler, pods),
    ),
    ...namespaceMistakes(objects),
  ];
}

function accountMistakes({ workload, spec }: Pods, accounts: readonly string[]): string[] {
  const { serviceAccountName: name = "default", automountServiceAccountToken } = spec;
  return [
    ...(name === "default" || accounts.includes(name)
      ? []
      : [`${titleOf(workload)}: there is no ServiceAccount ${name}`]),
    ...(automountServiceAccountToken === false ? [] : [`${titleOf(workload)}: mounts a token that nobody asked for`]),
  ];
}

function nameMistakes(pods: Pods): string[] {
  const names = containersOf(pods).map(({ name }) => name);
  return names
    .filter((name, index) => names.indexOf(name) !== index)
    .map((name) => `${titleOf(pods.workload)}: container ${name} is there twice`);
}

function autoscalerMistakes(
  autoscaler: KubernetesObject & { spec: IHorizontalPodAutoscalerSpec },
  pods: readonly Pods[],
): string[] {
  const { scaleTargetRef, metrics = [] } = autoscaler.spec;
  const target = pods.find(
    ({ workload }) => workload.kind === scaleTargetRef.kind && workload.metadata.name === scaleTargetRef.name,
  );
  if (target === undefined || target.workload.apiVersion !== scaleTargetRef.apiVersion) {
    return [`${titleOf(autoscaler)}: there is no ${scaleTargetRef.kind} ${scaleTargetRef.name} to scale`];
  }
  const { replicas } = target.workload.spec as { replicas?: number };
  const resources = metrics.flatMap(({ resource }) => (resource === undefined ? [] : [resource.name]));
  return [
    ...(replicas === undefined ? [] : [`${titleOf(autoscaler)}: each apply would set ${replicas} replicas again`]),
    ...resources.flatMap((name) =>
      containersOf(target)
        .filter(({ resources: { requests } = {} }) => requests?.[name] === undefined)
        .map((container) => `${titleOf(autoscaler)}: ${container.name} requests no ${name} to be a share of`),
    ),
  ];
}

function namespaceMistakes(objects: readonly KubernetesObject[]): string[] {
  const namespaced = objects.filter(({ kind }) => !clusterWide.includes(kind));
  const [first, ...others] = new Set(namespaced.map(({ metadata }) => metadata.namespace));
  const made = ofKind(objects, "Namespace").map(({ metadata }) => metadata.name);
  return [
    ...others.map((other) => `objects stand in ${first} and in ${other}`),
    ...made.filter((name) => name !== first).map((name) => `Namespace ${name}: nothing stands in it`),
  ];
}
