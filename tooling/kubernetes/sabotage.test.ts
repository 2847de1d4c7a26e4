import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect } from "vitest";
import { testWith } from "../../e2e/src/real-or-skip.ts";
import { realKubectl } from "./kubectl.ts";
import { type KubernetesObject, titleOf } from "./kubernetes-object.ts";
import { manifestMistakes } from "./manifest-mistakes.ts";
import { type Folder, objectsOf } from "./manifests-for-test.ts";
import { outsideSources } from "./outside-sources.ts";
import { schemaMistakes } from "./schema-mistakes.ts";

/** One field of one object that is set to something else, or taken away by `undefined`, and what has to be said of it. */
interface Sabotage {
  readonly what: string;
  readonly of: readonly [folder: Folder, title: string];
  /** Keys and indices, with dots between them; one that holds dots itself stands in brackets. */
  readonly at: string;
  readonly to: unknown;
  readonly mistake: string;
}

const outside = outsideSources();
const it = testWith(realKubectl);
const name = "[app.kubernetes.io/name]";
const pod = "spec.template.spec";
const gateway = `${pod}.containers.0`;
const sidecar = `${pod}.initContainers.0`;
const deployment = ["cluster", "Deployment verigate"] as const;
const example = ["example", "Deployment login"] as const;
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "sabotage-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const selectors: readonly Sabotage[] = [
  {
    what: "a Service that selects nobody",
    of: ["cluster", "Service verigate"],
    at: `spec.selector.${name}`,
    to: "other",
    mistake: "Service verigate: selects no pod",
  },
  {
    what: "a Service without a selector",
    of: ["cluster", "Service verigate"],
    at: "spec.selector",
    to: undefined,
    mistake: "Service verigate: selects no pod",
  },
  {
    what: "a Deployment that selects others' pods",
    of: deployment,
    at: `spec.selector.matchLabels.${name}`,
    to: "other",
    mistake: "Deployment verigate: does not select its own pods",
  },
  {
    what: "a spread of others' pods",
    of: deployment,
    at: `${pod}.topologySpreadConstraints.0.labelSelector.matchLabels.${name}`,
    to: "other",
    mistake: "Deployment verigate: spreads others' pods over topology.kubernetes.io/zone",
  },
  {
    what: "a budget for nobody",
    of: ["cluster", "PodDisruptionBudget verigate"],
    at: `spec.selector.matchLabels.${name}`,
    to: "other",
    mistake: "PodDisruptionBudget verigate: selects no pod",
  },
  {
    what: "a policy for nobody",
    of: ["cluster", "NetworkPolicy verigate"],
    at: `spec.podSelector.matchLabels.${name}`,
    to: "other",
    mistake: "NetworkPolicy verigate: selects no pod",
  },
  {
    what: "a monitor of no Service",
    of: ["cluster", "ServiceMonitor verigate"],
    at: "spec.selector.matchLabels.[app.kubernetes.io/component]",
    to: "other",
    mistake: "ServiceMonitor verigate: selects no Service",
  },
  {
    what: "a monitor of no pod",
    of: ["team", "PodMonitor verigate-sidecars"],
    at: "spec.selector.matchLabels.verigate",
    to: "other",
    mistake: "PodMonitor verigate-sidecars: selects no pod",
  },
];

const ports: readonly Sabotage[] = [
  {
    what: "a Service that leads to no port",
    of: ["cluster", "Service verigate"],
    at: "spec.ports.0.targetPort",
    to: "https",
    mistake: "Service verigate: Deployment verigate has no port https",
  },
  {
    what: "a headless Service that would have to translate",
    of: ["cluster", "Service verigate-headless"],
    at: "spec.ports.0.port",
    to: 443,
    mistake: "Service verigate-headless: is headless, so who connects to 443 does not get to 8080",
  },
  {
    what: "a policy that opens another port",
    of: ["cluster", "NetworkPolicy verigate"],
    at: "spec.ingress.0.ports.0.port",
    to: 8443,
    mistake: "NetworkPolicy verigate: Deployment verigate has no port 8443",
  },
  {
    what: "a probe of no port",
    of: example,
    at: `${sidecar}.livenessProbe.httpGet.port`,
    to: "admin",
    mistake: "Deployment login: livenessProbe of verigate asks port admin, which it has not",
  },
  {
    what: "an application on the sidecar's port",
    of: example,
    at: `${pod}.containers.0.ports.0.containerPort`,
    to: 8081,
    mistake: "Deployment login: port 8081 is there twice",
  },
  {
    what: "a monitor of a port that the Service has not",
    of: ["cluster", "ServiceMonitor verigate"],
    at: "spec.endpoints.0.port",
    to: "metrics",
    mistake: "ServiceMonitor verigate: Service verigate-metrics has no port metrics",
  },
  {
    what: "a monitor of a port that the pods have not",
    of: ["team", "PodMonitor verigate-sidecars"],
    at: "spec.podMetricsEndpoints.0.port",
    to: "admin",
    mistake: "PodMonitor verigate-sidecars: StatefulSet sessions has no port admin",
  },
];

const configs: readonly Sabotage[] = [
  {
    what: "a Secret that nobody makes",
    of: example,
    at: `${pod}.volumes.1.projected.sources.0.secret.name`,
    to: "verigate-acount",
    mistake: "Deployment login: there is no Secret verigate-acount",
  },
  {
    what: "a key that the Secret has not",
    of: example,
    at: `${pod}.volumes.1.projected.sources.0.secret.items.1.key`,
    to: "pasword",
    mistake: "Deployment login: there is no pasword in Secret verigate-account",
  },
  {
    what: "settings that are not there",
    of: deployment,
    at: `${gateway}.envFrom.0.configMapRef.name`,
    to: "verigate-settings",
    mistake: "Deployment verigate: there is no ConfigMap verigate-settings",
  },
  {
    what: "a ConfigMap without the key",
    of: deployment,
    at: `${pod}.volumes.3.projected.sources.1.configMap.items.0.key`,
    to: "ca.pem",
    mistake: "Deployment verigate: there is no ca.pem in ConfigMap kube-root-ca.crt",
  },
  {
    what: "a mount of no volume",
    of: example,
    at: `${pod}.containers.0.volumeMounts.0.name`,
    to: "socket",
    mistake: "Deployment login: login mounts socket, which is no volume",
  },
  {
    what: "a volume that nobody mounts",
    of: example,
    at: `${sidecar}.volumeMounts.1`,
    to: { name: "verigate-socket", mountPath: "/etc/verigate/account" },
    mistake: "Deployment login: nobody mounts verigate-account",
  },
  {
    what: "a mount that is never renewed",
    of: example,
    at: `${sidecar}.volumeMounts.1.subPath`,
    to: "password",
    mistake: "Deployment login: verigate mounts a subPath of verigate-account, which is never renewed",
  },
  {
    what: "two volumes of one name",
    of: example,
    at: `${pod}.volumes.0.name`,
    to: "verigate-account",
    mistake: "Deployment login: volume verigate-account is there twice",
  },
];

const workloads: readonly Sabotage[] = [
  {
    what: "an account that nobody makes",
    of: deployment,
    at: `${pod}.serviceAccountName`,
    to: "gateway",
    mistake: "Deployment verigate: there is no ServiceAccount gateway",
  },
  {
    what: "a token that nobody needs",
    of: deployment,
    at: `${pod}.automountServiceAccountToken`,
    to: undefined,
    mistake: "Deployment verigate: mounts a token that nobody asked for",
  },
  {
    what: "two containers of one name",
    of: example,
    at: `${pod}.containers.0.name`,
    to: "verigate",
    mistake: "Deployment login: container verigate is there twice",
  },
  {
    what: "an autoscaler of nothing",
    of: ["cluster", "HorizontalPodAutoscaler verigate"],
    at: "spec.scaleTargetRef.name",
    to: "gateway",
    mistake: "HorizontalPodAutoscaler verigate: there is no Deployment gateway to scale",
  },
  {
    what: "an autoscaler of another group",
    of: ["cluster", "HorizontalPodAutoscaler verigate"],
    at: "spec.scaleTargetRef.apiVersion",
    to: "apps/v1beta1",
    mistake: "HorizontalPodAutoscaler verigate: there is no Deployment verigate to scale",
  },
  {
    what: "replicas beside an autoscaler",
    of: deployment,
    at: "spec.replicas",
    to: 3,
    mistake: "HorizontalPodAutoscaler verigate: each apply would set 3 replicas again",
  },
  {
    what: "a share of nothing",
    of: deployment,
    at: `${gateway}.resources.requests.cpu`,
    to: undefined,
    mistake: "HorizontalPodAutoscaler verigate: verigate requests no cpu to be a share of",
  },
  {
    what: "a Service elsewhere",
    of: ["cluster", "Service verigate"],
    at: "metadata.namespace",
    to: "default",
    mistake: "objects stand in verigate and in default",
  },
  {
    what: "another Namespace",
    of: ["cluster", "Namespace verigate"],
    at: "metadata.name",
    to: "gateway",
    mistake: "Namespace gateway: nothing stands in it",
  },
];

const gateways: readonly Sabotage[] = [
  {
    what: "a file that no volume has",
    of: example,
    at: `${sidecar}.env.3.value`,
    to: "/etc/verigate/account/pasword",
    mistake: "Deployment login, verigate: MESSENTE_API_PASSWORD_FILE: no volume has /etc/verigate/account/pasword",
  },
  {
    what: "a setting that there is not",
    of: example,
    at: `${sidecar}.env.0.name`,
    to: "VERIGATE_LISTN",
    mistake: "Deployment login, verigate: VERIGATE_LISTN: there is no such setting; did you mean VERIGATE_LISTEN?",
  },
  {
    what: "a value that the parser does not take",
    of: example,
    at: `${sidecar}.env.5.value`,
    to: "20",
    mistake:
      'Deployment login, verigate: VERIGATE_DRAIN_TIMEOUT: "20" is not a duration from 0ms to 86400000ms, such as 1500ms, 10s or 1m',
  },
  {
    what: "tokens without TLS",
    of: deployment,
    at: `${gateway}.env`,
    to: [
      { name: "MESSENTE_API_USERNAME_FILE", value: "/etc/verigate/account/username" },
      { name: "MESSENTE_API_PASSWORD_FILE", value: "/etc/verigate/account/password" },
    ],
    mistake:
      "Deployment verigate, verigate: VERIGATE_LISTEN: keys and tokens would come unencrypted to 0.0.0.0:8080; set VERIGATE_TLS_CERT_FILE and VERIGATE_TLS_KEY_FILE or, where the network encrypts by itself, VERIGATE_ALLOW_PLAINTEXT_TOKENS=true",
  },
  {
    what: "a certificate in its key's place",
    of: deployment,
    at: `${pod}.volumes.0.projected.sources.0.secret.items.1.key`,
    to: "tls.crt",
    mistake:
      "Deployment verigate, verigate: VERIGATE_TLS_CERT_FILE and VERIGATE_TLS_KEY_FILE: not a certificate and its key",
  },
  {
    what: "a port that nobody listens on",
    of: deployment,
    at: `${gateway}.ports.0.containerPort`,
    to: 8443,
    mistake: "Deployment verigate, verigate: declares port 8443, and does not listen on it",
  },
  {
    what: "a port that is not declared",
    of: deployment,
    at: `${gateway}.ports.0.containerPort`,
    to: 8443,
    mistake: "Deployment verigate, verigate: listens on port 8080, and does not declare it",
  },
  {
    what: "a probe of the callers' port",
    of: deployment,
    at: `${gateway}.readinessProbe.httpGet.port`,
    to: "grpc",
    mistake: "Deployment verigate, verigate: readinessProbe does not ask /readyz on the port of VERIGATE_ADMIN_LISTEN",
  },
  {
    what: "a probe that the kubelet can't reach",
    of: example,
    at: `${sidecar}.env.1.value`,
    to: "127.0.0.1:8081",
    mistake: "Deployment login, verigate: startupProbe does not ask /readyz on the port of VERIGATE_ADMIN_LISTEN",
  },
  {
    what: "a liveness that is readiness",
    of: example,
    at: `${sidecar}.livenessProbe.httpGet.path`,
    to: "/readyz",
    mistake: "Deployment login, verigate: livenessProbe does not ask /livez on the port of VERIGATE_ADMIN_LISTEN",
  },
  {
    what: "a socket where nothing can be written",
    of: example,
    at: `${sidecar}.volumeMounts.0.readOnly`,
    to: true,
    mistake: "Deployment login, verigate: can't make a socket in /run/verigate",
  },
  {
    what: "a socket without a group",
    of: example,
    at: `${pod}.securityContext`,
    to: undefined,
    mistake: "Deployment login, verigate: nobody may connect to its socket without an fsGroup",
  },
  {
    what: "an address where nobody listens",
    of: example,
    at: `${pod}.containers.0.env.0.value`,
    to: "unix:/run/gateway.sock",
    mistake: "Deployment login, verigate: login is given unix:/run/gateway.sock, where it does not listen",
  },
  {
    what: "a socket that the application does not see",
    of: example,
    at: `${pod}.containers.0.volumeMounts.0.mountPath`,
    to: "/var/run/verigate",
    mistake: "Deployment login, verigate: login does not see unix:/run/verigate/gateway.sock",
  },
  {
    what: "a sidecar that nobody is told of",
    of: example,
    at: `${pod}.containers.0.env`,
    to: undefined,
    mistake: "Deployment login, verigate: no container of the pod has its address",
  },
  {
    what: "a sandbox on another port",
    of: ["dev", "Deployment verigate"],
    at: `${sidecar}.ports.0.containerPort`,
    to: 8026,
    mistake: "Deployment verigate, verigate: nobody in the pod is the upstream on port 8025",
  },
  {
    what: "too little grace",
    of: deployment,
    at: `${pod}.terminationGracePeriodSeconds`,
    to: undefined,
    mistake: "Deployment verigate, verigate: needs 35 s to end, and the pod has 30",
  },
  {
    what: "replicas that share nothing",
    of: ["dev", "Deployment verigate"],
    at: "spec.replicas",
    to: 2,
    mistake: "Deployment verigate, verigate: there may be 2 replicas, and VERIGATE_REPLICATED is not true",
  },
];

const fitting = [...selectors, ...ports, ...configs, ...workloads, ...gateways];

it.each(fitting)("$what is found", ({ of: [of, title], at, to, mistake }) => {
  const objects = objectsOf(of);
  sabotage(objects, title, at, to);
  expect(manifestMistakes(objects, { outside, folder })).toContainEqual(expect.stringContaining(mistake));
});

/** Of the schema, whose sentences are the compiler's and the validator's. */
const schemas: readonly Sabotage[] = [
  {
    what: "a field of a container that there is not",
    of: deployment,
    at: `${gateway}.readynessProbe`,
    to: { httpGet: { port: 8081 } },
    mistake: "'\"readynessProbe\"' does not exist in type 'IContainer'",
  },
  {
    what: "a field deep in a pod",
    of: deployment,
    at: `${gateway}.securityContext.capabilities.dropped`,
    to: ["ALL"],
    mistake: "'\"dropped\"' does not exist in type 'ICapabilities'",
  },
  {
    what: "a field at the wrong level",
    of: ["cluster", "Service verigate"],
    at: "clusterIP",
    to: "None",
    mistake: "'\"clusterIP\"' does not exist in type 'IService'",
  },
  {
    what: "an unknown field of a custom resource",
    of: ["cluster", "ServiceMonitor verigate"],
    at: "spec.endpoints.0.intervall",
    to: "15s",
    mistake: "'\"intervall\"' does not exist in type",
  },
  {
    what: "an unknown field of a rule",
    of: ["cluster", "PrometheusRule verigate"],
    at: "spec.groups.0.rules.0.labls",
    to: {},
    mistake: "'\"labls\"' does not exist in type",
  },
  {
    what: "a text where a number has to be",
    of: ["cluster", "HorizontalPodAutoscaler verigate"],
    at: "spec.minReplicas",
    to: "3",
    mistake: "/spec/minReplicas must be integer",
  },
  {
    what: "a number that is not whole",
    of: deployment,
    at: `${pod}.terminationGracePeriodSeconds`,
    to: 40.5,
    mistake: "/spec/template/spec/terminationGracePeriodSeconds must be integer",
  },
  {
    what: "a word that is none of those allowed",
    of: ["cluster", "NetworkPolicy verigate"],
    at: "spec.egress.0.ports.0.protocol",
    to: "QUIC",
    mistake: '"QUIC"\' is not assignable to type',
  },
  {
    what: "a field that is missing",
    of: ["cluster", "HorizontalPodAutoscaler verigate"],
    at: "spec.maxReplicas",
    to: undefined,
    mistake: "must have required property maxReplicas",
  },
  {
    what: "an interval of another form",
    of: ["cluster", "ServiceMonitor verigate"],
    at: "spec.endpoints.0.interval",
    to: "15 seconds",
    mistake: "/spec/endpoints/0/interval must match pattern",
  },
];

it("what Kubernetes does not take, or drops, is found in each of many objects", { timeout: 60_000 }, async () => {
  const broken = schemas.map(({ of: [of, title], at, to }) => {
    const objects = objectsOf(of);
    sabotage(objects, title, at, to);
    return find(objects, title);
  });
  const found = await schemaMistakes(broken);
  expect(found.map((mistakes) => mistakes.join("\n"))).toEqual(
    schemas.map(({ mistake }) => expect.stringContaining(mistake)),
  );
});

function find(objects: readonly KubernetesObject[], title: string): KubernetesObject {
  const found = objects.find((object) => titleOf(object) === title);
  if (found === undefined) {
    throw new Error(`there is no ${title}`);
  }
  return found;
}

function sabotage(objects: readonly KubernetesObject[], title: string, at: string, to: unknown): void {
  const keys = [...at.matchAll(/\[([^\]]+)\]|[^.]+/g)].map(([whole, bracketed]) => bracketed ?? whole);
  const last = keys.pop() ?? "";
  let place = find(objects, title) as unknown as Record<string, unknown>;
  for (const key of keys) {
    place = place[key] as Record<string, unknown>;
  }
  // Else nothing would be broken, and what is said would have been said before.
  expect(place[last]).not.toEqual(to);
  if (to === undefined) {
    delete place[last];
  } else {
    place[last] = to;
  }
}
