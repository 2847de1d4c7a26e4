import type { IContainer, IPodSpec } from "kubernetes-models/v1";

export type Labels = Readonly<Record<string, string>>;

/** An object of Kubernetes as a manifest has it. What is in it is known by its kind. */
export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly labels?: Labels };
  readonly spec?: unknown;
}

/** The pods that a workload makes: all of one kind. */
export interface Pods {
  readonly workload: KubernetesObject;
  readonly labels: Labels;
  readonly spec: IPodSpec;
}

/** How an object is called in a sentence: `Service verigate`. */
export function titleOf({ kind, metadata }: KubernetesObject): string {
  return `${kind} ${metadata.name}`;
}

export function ofKind<Spec>(
  objects: readonly KubernetesObject[],
  kind: string,
): (KubernetesObject & { spec: Spec })[] {
  return objects.filter((object): object is KubernetesObject & { spec: Spec } => object.kind === kind);
}

/** What Deployments, StatefulSets and DaemonSets have in common. */
interface WorkloadSpec {
  readonly template: { readonly metadata?: { readonly labels?: Labels }; readonly spec: IPodSpec };
}

const workloadKinds = ["Deployment", "StatefulSet", "DaemonSet"];

export function podsIn(objects: readonly KubernetesObject[]): Pods[] {
  return workloadKinds
    .flatMap((kind) => ofKind<WorkloadSpec>(objects, kind))
    .map((workload) => ({
      workload,
      labels: workload.spec.template.metadata?.labels ?? {},
      spec: workload.spec.template.spec,
    }));
}

/** In the order in which they are started. */
export function containersOf({ spec }: Pods): readonly IContainer[] {
  return [...(spec.initContainers ?? []), ...spec.containers];
}

export function hasLabels(labels: Labels, wanted: Labels): boolean {
  return Object.entries(wanted).every(([name, value]) => labels[name] === value);
}
