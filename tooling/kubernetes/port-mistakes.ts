import type { INetworkPolicySpec } from "kubernetes-models/networking.k8s.io/v1";
import type { IContainer, IContainerPort, IServiceSpec } from "kubernetes-models/v1";
import {
  containersOf,
  hasLabels,
  type KubernetesObject,
  type Labels,
  ofKind,
  type Pods,
  podsIn,
  titleOf,
} from "./kubernetes-object.ts";

/** A port's name or number. */
type PortName = string | number;

interface MonitorSpec {
  readonly selector: { readonly matchLabels?: Labels };
  /** Of a ServiceMonitor. */
  readonly endpoints?: readonly { readonly port?: string }[];
  /** Of a PodMonitor. */
  readonly podMetricsEndpoints?: readonly { readonly port?: string }[];
}

/** Ports that lead to none, and two containers of a pod that want the same. */
export function portMistakes(objects: readonly KubernetesObject[]): string[] {
  const pods = podsIn(objects);
  const services = ofKind<IServiceSpec>(objects, "Service");
  return [
    ...pods.flatMap(sharedPorts),
    ...pods.flatMap(probeMistakes),
    ...services.flatMap((service) =>
      selected(pods, service.spec.selector).flatMap((each) => serviceMistakes(service, each)),
    ),
    ...ofKind<INetworkPolicySpec>(objects, "NetworkPolicy").flatMap((policy) =>
      selected(pods, policy.spec.podSelector?.matchLabels).flatMap((each) => policyMistakes(policy, each)),
    ),
    ...ofKind<MonitorSpec>(objects, "ServiceMonitor").flatMap((monitor) =>
      services
        .filter(({ metadata }) => hasLabels(metadata.labels ?? {}, monitor.spec.selector.matchLabels ?? {}))
        .flatMap((service) => {
          const names = (service.spec.ports ?? []).map(({ name }) => name);
          return (monitor.spec.endpoints ?? [])
            .filter(({ port }) => !names.includes(port))
            .map(({ port }) => `${titleOf(monitor)}: ${titleOf(service)} has no port ${port}`);
        }),
    ),
    ...ofKind<MonitorSpec>(objects, "PodMonitor").flatMap((monitor) =>
      selected(pods, monitor.spec.selector.matchLabels).flatMap((each) =>
        (monitor.spec.podMetricsEndpoints ?? [])
          .filter(({ port = "" }) => portOf(portsOf(each), port) === undefined)
          .map(({ port }) => `${titleOf(monitor)}: ${titleOf(each.workload)} has no port ${port}`),
      ),
    ),
  ];
}

function serviceMistakes(service: KubernetesObject & { spec: IServiceSpec }, pods: Pods): string[] {
  const isHeadless = service.spec.clusterIP === "None";
  return (service.spec.ports ?? []).flatMap(({ port, targetPort = port }) => {
    const target = portOf(portsOf(pods), targetPort as PortName);
    if (target === undefined) {
      return [`${titleOf(service)}: ${titleOf(pods.workload)} has no port ${targetPort}`];
    }
    return isHeadless && target.containerPort !== port
      ? [`${titleOf(service)}: is headless, so who connects to ${port} does not get to ${target.containerPort}`]
      : [];
  });
}

function policyMistakes(policy: KubernetesObject & { spec: INetworkPolicySpec }, pods: Pods): string[] {
  const opened = (policy.spec.ingress ?? []).flatMap(({ ports = [] }) => ports.map(({ port }) => port as PortName));
  return opened
    .filter((port) => portOf(portsOf(pods), port) === undefined)
    .map((port) => `${titleOf(policy)}: ${titleOf(pods.workload)} has no port ${port}`);
}

/** A probe finds ports by the names of its own container alone. */
function probeMistakes(pods: Pods): string[] {
  return containersOf(pods).flatMap((container) =>
    probesOf(container)
      .filter(({ port }) => portOf(container.ports ?? [], port) === undefined)
      .map(
        ({ probe, port }) =>
          `${titleOf(pods.workload)}: ${probe} of ${container.name} asks port ${port}, which it has not`,
      ),
  );
}

function probesOf(container: IContainer): { probe: string; port: PortName }[] {
  return (["startupProbe", "readinessProbe", "livenessProbe"] as const).flatMap((probe) => {
    const port = (container[probe]?.httpGet ?? container[probe]?.tcpSocket)?.port;
    return port === undefined ? [] : [{ probe, port: port as PortName }];
  });
}

/** All containers of a pod have one network, so a port is one container's. */
function sharedPorts(pods: Pods): string[] {
  const ports = portsOf(pods);
  const names = ports.flatMap(({ name, containerPort }) => [name, containerPort]);
  return [...new Set(names)]
    .filter((name) => name !== undefined && names.indexOf(name) !== names.lastIndexOf(name))
    .map((name) => `${titleOf(pods.workload)}: port ${name} is there twice`);
}

function portsOf(pods: Pods): readonly IContainerPort[] {
  return containersOf(pods).flatMap(({ ports }) => ports ?? []);
}

function portOf(ports: readonly IContainerPort[], wanted: PortName): IContainerPort | undefined {
  return ports.find(({ name, containerPort }) => name === wanted || containerPort === wanted);
}

function selected(pods: readonly Pods[], labels: Labels | undefined): readonly Pods[] {
  return pods.filter((each) => hasLabels(each.labels, labels ?? {}));
}
