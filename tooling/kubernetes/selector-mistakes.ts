import type { INetworkPolicySpec } from "kubernetes-models/networking.k8s.io/v1";
import type { IPodDisruptionBudgetSpec } from "kubernetes-models/policy/v1";
import type { IServiceSpec } from "kubernetes-models/v1";
import {
  hasLabels,
  type KubernetesObject,
  type Labels,
  ofKind,
  type Pods,
  podsIn,
  titleOf,
} from "./kubernetes-object.ts";

interface LabelSelector {
  readonly matchLabels?: Labels;
  readonly matchExpressions?: readonly unknown[];
}

interface MonitorSpec {
  readonly selector: LabelSelector;
}

/** Selectors that select nothing of what is deployed together. */
export function selectorMistakes(objects: readonly KubernetesObject[]): string[] {
  const pods = podsIn(objects);
  const services = ofKind<IServiceSpec>(objects, "Service");
  const monitored = ofKind<MonitorSpec>(objects, "ServiceMonitor");
  return [
    ...pods.flatMap(ownMistakes),
    ...services.filter(({ spec }) => !selectsPods(pods, { matchLabels: spec.selector ?? {} })).map(selectsNoPod),
    ...ofKind<IPodDisruptionBudgetSpec>(objects, "PodDisruptionBudget")
      .filter(({ spec }) => !selectsPods(pods, spec.selector))
      .map(selectsNoPod),
    ...ofKind<INetworkPolicySpec>(objects, "NetworkPolicy")
      .filter(({ spec }) => !selectsPods(pods, spec.podSelector))
      .map(selectsNoPod),
    ...ofKind<MonitorSpec>(objects, "PodMonitor")
      .filter(({ spec }) => !selectsPods(pods, spec.selector))
      .map(selectsNoPod),
    ...monitored
      .filter(({ spec }) => services.every(({ metadata }) => !selects(metadata.labels, spec.selector)))
      .map((monitor) => `${titleOf(monitor)}: selects no Service`),
  ];
}

/** Of a workload, which has to select the pods that it makes, and spread these. */
function ownMistakes({ workload, labels, spec }: Pods): string[] {
  const { selector } = workload.spec as { selector: LabelSelector };
  const spreads = spec.topologySpreadConstraints ?? [];
  return [
    ...(selects(labels, selector) ? [] : [`${titleOf(workload)}: does not select its own pods`]),
    ...spreads
      .filter(({ labelSelector }) => !selects(labels, labelSelector))
      .map(({ topologyKey }) => `${titleOf(workload)}: spreads others' pods over ${topologyKey}`),
  ];
}

function selectsNoPod(object: KubernetesObject): string {
  return `${titleOf(object)}: selects no pod`;
}

function selectsPods(pods: readonly Pods[], selector: LabelSelector | undefined): boolean {
  return pods.some(({ labels }) => selects(labels, selector));
}

/** An empty selector would select everything, which none of ours is meant to. */
function selects(labels: Labels | undefined, selector: LabelSelector | undefined): boolean {
  const { matchLabels = {}, matchExpressions = [] } = selector ?? {};
  if (matchExpressions.length > 0) {
    throw new Error("matchExpressions are not judged here");
  }
  return Object.keys(matchLabels).length > 0 && hasLabels(labels ?? {}, matchLabels);
}
