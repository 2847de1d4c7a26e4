import { dirname } from "node:path";
import { type Config, textFromListenAddress } from "@verigate/gateway";
import type { IHorizontalPodAutoscalerSpec } from "kubernetes-models/autoscaling/v2";
import type { DeployedGateway } from "./gateways-in.ts";
import { containersOf, type KubernetesObject, ofKind, titleOf } from "./kubernetes-object.ts";

type ListenAddress = Config["values"]["VERIGATE_LISTEN"][number];

/** After the drain timeout: last answers 0.5 s, what runs on 0.5 s, the audit log 0.5 s, spans 2 s, and the process' own end. */
const lastSeconds = 5;
/** What Kubernetes gives where a pod says nothing. */
const graceSecondsByDefault = 30;

/** What is wrong between a gateway's settings and the pod around it. */
export function gatewayMistakes(gateways: readonly DeployedGateway[], objects: readonly KubernetesObject[]): string[] {
  return gateways.flatMap((gateway) => {
    const { pods, container, config, mistakes } = gateway;
    const found =
      config === undefined
        ? mistakes
        : [
            ...listenMistakes(gateway, config),
            ...probeMistakes(gateway, config),
            ...socketMistakes(gateway, config),
            ...addressMistakes(gateway, config),
            ...upstreamMistakes(gateway, config),
            ...graceMistakes(gateway, config),
            ...replicaMistakes(gateway, config, objects),
          ];
    return found.map((mistake) => `${titleOf(pods.workload)}, ${container.name}: ${mistake}`);
  });
}

/** Ports that are declared and not listened on, and the other way round. */
function listenMistakes({ container }: DeployedGateway, { values }: Config): string[] {
  const declared = (container.ports ?? []).map(({ containerPort }) => containerPort);
  const listened = [...values.VERIGATE_LISTEN, values.VERIGATE_ADMIN_LISTEN].flatMap(beyondLoopback);
  return [
    ...declared
      .filter((port) => !listened.includes(port))
      .map((port) => `declares port ${port}, and does not listen on it`),
    ...listened
      .filter((port) => !declared.includes(port))
      .map((port) => `listens on port ${port}, and does not declare it`),
  ];
}

function beyondLoopback(address: ListenAddress | undefined): number[] {
  const isReached = address?.kind === "tcp" && !["127.0.0.1", "::1", "localhost"].includes(address.host);
  return isReached ? [address.port] : [];
}

/** The admin listener answers probes, under two paths. */
function probeMistakes({ container }: DeployedGateway, { values }: Config): string[] {
  const probes = { startupProbe: "/readyz", readinessProbe: "/readyz", livenessProbe: "/livez" } as const;
  const [adminPort] = beyondLoopback(values.VERIGATE_ADMIN_LISTEN);
  return Object.entries(probes).flatMap(([name, path]) => {
    const httpGet = container[name as keyof typeof probes]?.httpGet;
    const port = (container.ports ?? []).find(
      (each) => each.name === httpGet?.port || each.containerPort === httpGet?.port,
    );
    return httpGet?.path === path && port !== undefined && port.containerPort === adminPort
      ? []
      : [`${name} does not ask ${path} on the port of VERIGATE_ADMIN_LISTEN`];
  });
}

/** A socket needs a folder that can be written to, and a group that may connect. */
function socketMistakes({ pods, container }: DeployedGateway, { values }: Config): string[] {
  return values.VERIGATE_LISTEN.flatMap((address) => {
    if (address.kind !== "unix") {
      return [];
    }
    const folder = dirname(address.path);
    const mount = (container.volumeMounts ?? []).find(({ mountPath }) => mountPath === folder);
    const volume = (pods.spec.volumes ?? []).find(({ name }) => name === mount?.name);
    return [
      ...(volume?.emptyDir === undefined || mount?.readOnly === true ? [`can't make a socket in ${folder}`] : []),
      ...(pods.spec.securityContext?.fsGroup === undefined
        ? ["nobody may connect to its socket without an fsGroup"]
        : []),
    ];
  });
}

/** The address that other containers of the pod are given has to be one where it listens, and can be got at. */
function addressMistakes({ pods, container }: DeployedGateway, { values }: Config): string[] {
  const listened = values.VERIGATE_LISTEN.map((address) =>
    address.kind === "unix" ? textFromListenAddress(address) : `http://${textFromListenAddress(address)}`,
  );
  const isSidecar = (pods.spec.initContainers ?? []).includes(container);
  const given = containersOf(pods).flatMap((other) =>
    (other.env ?? []).filter(({ name }) => name === "VERIGATE_ADDRESS").map(({ value = "" }) => ({ other, value })),
  );
  return [
    ...(isSidecar && given.length === 0 ? ["no container of the pod has its address"] : []),
    ...given.flatMap(({ other, value }) => {
      if (!listened.includes(value)) {
        return [`${other.name} is given ${value}, where it does not listen`];
      }
      const folder = dirname(value.replace(/^unix:/, ""));
      const volumeIn = (each: typeof other) =>
        (each.volumeMounts ?? []).find(({ mountPath }) => mountPath === folder)?.name;
      return value.startsWith("unix:") && volumeIn(other) !== volumeIn(container)
        ? [`${other.name} does not see ${value}`]
        : [];
    }),
  ];
}

/** An upstream in the pod itself has to be there. */
function upstreamMistakes({ pods }: DeployedGateway, { values }: Config): string[] {
  const { hostname, port } = values.VERIGATE_UPSTREAM_URL;
  const ports = containersOf(pods).flatMap(({ ports: each = [] }) =>
    each.map(({ containerPort }) => String(containerPort)),
  );
  return hostname === "127.0.0.1" && !ports.includes(port) ? [`nobody in the pod is the upstream on port ${port}`] : [];
}

function graceMistakes({ pods }: DeployedGateway, { values }: Config): string[] {
  const needed = (values.VERIGATE_DRAIN_DELAY + values.VERIGATE_DRAIN_TIMEOUT) / 1_000 + lastSeconds;
  const given = pods.spec.terminationGracePeriodSeconds ?? graceSecondsByDefault;
  return given < needed ? [`needs ${needed} s to end, and the pod has ${given}`] : [];
}

/** Of a gateway by itself, not of sidecars, whose replicas are the application's. */
function replicaMistakes(
  { pods, container }: DeployedGateway,
  { values }: Config,
  objects: readonly KubernetesObject[],
): string[] {
  const { workload, spec } = pods;
  const { replicas = 1 } = workload.spec as { replicas?: number };
  const autoscaled = ofKind<IHorizontalPodAutoscalerSpec>(objects, "HorizontalPodAutoscaler").filter(
    ({ spec: { scaleTargetRef } }) =>
      scaleTargetRef.kind === workload.kind && scaleTargetRef.name === workload.metadata.name,
  );
  const most = Math.max(replicas, ...autoscaled.map(({ spec: { maxReplicas } }) => maxReplicas));
  return most > 1 && spec.containers.includes(container) && !values.VERIGATE_REPLICATED
    ? [`there may be ${most} replicas, and VERIGATE_REPLICATED is not true`]
    : [];
}
