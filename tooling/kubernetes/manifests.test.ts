import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { IServiceSpec } from "kubernetes-models/v1";
import { afterAll, beforeAll, expect } from "vitest";
import { parse } from "yaml";
import { testWith } from "../../e2e/src/real-or-skip.ts";
import { objectsIn } from "./build-kustomization.ts";
import { gatewaysIn } from "./gateways-in.ts";
import { realKubectl } from "./kubectl.ts";
import { containersOf, type KubernetesObject, ofKind, type Pods, podsIn, titleOf } from "./kubernetes-object.ts";
import { manifestMistakes } from "./manifest-mistakes.ts";
import { type Folder, folders, manifestOf, objectsOf } from "./manifests-for-test.ts";
import { outsideSources } from "./outside-sources.ts";
import { schemaMistakes } from "./schema-mistakes.ts";

const root = join(import.meta.dirname, "../..");
const textOf = (path: string) => readFileSync(join(root, path), "utf8");
const outside = outsideSources();
const it = testWith(realKubectl);
const all = Object.keys(folders) as Folder[];
/** The compiler reads the types of Kubernetes anew each time, which takes seconds on a busy machine. */
const timeoutMs = 60_000;
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "manifests-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

it.each(all)("Kubernetes takes every object of %s, to the last field", { timeout: timeoutMs }, async (name) => {
  const objects = objectsOf(name);
  expect(objects.length).toBeGreaterThan(0);
  expect((await schemaMistakes(objects)).flat()).toEqual([]);
});

it.each(all)("what %s deploys fits together, and its gateways start", (name) => {
  expect(manifestMistakes(objectsOf(name), { outside, folder })).toEqual([]);
});

it("the base alone refuses to start, because nobody has said who may call", () => {
  const objects = objectsIn(manifestOf("deploy/kubernetes/base"));
  expect(manifestMistakes(objects, { outside, folder })).toEqual([
    expect.stringContaining("0.0.0.0:8080 can be reached from other machines"),
  ]);
});

it.each(["cluster", "dev", "example"] as const)("%s runs the version of this repository", (name) => {
  const { version } = JSON.parse(textOf("apps/gateway/package.json"));
  const images = podsOf(name).flatMap((pods) => containersOf(pods).map(({ image = "" }) => image));
  const ours = images.filter((image) => image.startsWith("verigate/"));
  expect(new Set(ours.map((image) => image.split(":")[1]))).toEqual(new Set([version]));
});

it("the alerts are those of deploy/prometheus, all of them", () => {
  const rules = objectsOf("cluster").filter(({ kind }) => kind === "PrometheusRule");
  const files = ["verigate.rules.yaml", "verigate.alerts.yaml"].map((name) =>
    parse(textOf(`deploy/prometheus/${name}`)),
  );
  expect(rules.map(({ spec }) => spec)).toEqual([{ groups: files.flatMap(({ groups }) => groups) }]);
});

it("no gateway has a root's user or group, and none can write but to its socket", () => {
  for (const pods of all.flatMap(podsOf)) {
    for (const { name, securityContext, volumeMounts = [] } of containersOf(pods).filter(
      ({ name }) => name === "verigate",
    )) {
      const { fsGroup = 0 } = pods.spec.securityContext ?? {};
      expect([securityContext?.runAsUser, securityContext?.runAsGroup, fsGroup > 0], name).toEqual([
        65532,
        65532,
        true,
      ]);
      expect(securityContext?.readOnlyRootFilesystem).toBe(true);
      const written = volumeMounts.filter(({ readOnly }) => readOnly !== true).map(({ mountPath }) => mountPath);
      expect(["/run/verigate"]).toEqual(expect.arrayContaining(written));
    }
  }
});

it("the heap of a sidecar holds all that it may have to remember, and its limit of memory holds the heap", () => {
  for (const pods of [...podsOf("sockets"), ...podsOf("team")]) {
    for (const { env = [], resources } of containersOf(pods).filter(({ name }) => name === "verigate")) {
      const textIn = (name: string) => env.find((each) => each.name === name)?.value;
      const limit = Number(/^(\d+)Mi$/.exec(String(resources?.limits?.memory))?.[1]);
      const heap = Number(/=(\d+)$/.exec(textIn("NODE_OPTIONS") ?? "=0")?.[1]);
      // 256 MiB of request_ids and 192 MiB of limits, but not where they are in Redis; what else there is takes 110.
      const kept = textIn("VERIGATE_REDIS_URL_FILE") === undefined ? 256 + 192 : 0;
      expect(heap).toBeGreaterThanOrEqual(kept);
      expect(limit).toBeGreaterThanOrEqual(heap + 128);
    }
  }
});

it("a caller asks the cluster's gateway where it is, with a token that is made for it", () => {
  const [gateway] = gatewaysIn(objectsOf("cluster"), outside, folder);
  const [caller] = podsOf("caller") as [Pods];
  const tokens = (caller.spec.volumes ?? []).flatMap(({ projected }) =>
    (projected?.sources ?? []).flatMap(({ serviceAccountToken }) => serviceAccountToken ?? []),
  );
  expect(tokens.map(({ audience }) => audience)).toEqual([gateway?.config?.values.VERIGATE_JWT_AUDIENCE]);
  const [service] = ofKind<IServiceSpec>(objectsOf("cluster"), "Service").filter(
    ({ metadata }) => metadata.name === "verigate",
  );
  const { name, namespace } = service?.metadata ?? {};
  const [address] = containersOf(caller).flatMap(({ env = [] }) => env);
  expect(address?.value).toBe(`https://${name}.${namespace}.svc:${service?.spec.ports?.[0]?.port}`);
});

it.each([
  ["login", "sockets", "unix:/run/verigate/gateway.sock"],
  ["sessions", "sockets", "unix:/run/verigate/gateway.sock"],
  ["agent", "sockets", "unix:/run/verigate/gateway.sock"],
  ["login", "team", "http://127.0.0.1:8080"],
  ["sessions", "team", "http://127.0.0.1:8080"],
  ["agent", "team", "http://127.0.0.1:8080"],
] as const)(
  "the sidecar of %s in %s starts first, and what was there before gets its address alone",
  (name, team, value) => {
    const before = sampleOf(name);
    const [after] = podsOf(team).filter(({ workload }) => workload.metadata.name === name) as [Pods];
    const [first, ...initContainers] = after.spec.initContainers ?? [];
    expect(first).toMatchObject({ name: "verigate", restartPolicy: "Always" });
    expect(initContainers).toEqual(before.spec.initContainers ?? []);
    const [mine, ...others] = after.spec.containers;
    const [was, ...otherContainers] = before.spec.containers;
    expect(others).toEqual(otherContainers);
    expect(mine).toEqual({
      ...was,
      env: [...(was?.env ?? []), { name: "VERIGATE_ADDRESS", value }],
      volumeMounts: [
        ...(was?.volumeMounts ?? []),
        { name: "verigate-socket", mountPath: "/run/verigate", readOnly: true },
      ],
    });
  },
);

it("a workload without the label is left as it is, and nothing else is added", () => {
  const titles = objectsOf("team").map(titleOf);
  const [mailer] = podsOf("team").filter(({ workload }) => workload.metadata.name === "mailer");
  expect(mailer?.workload).toEqual(sampleOf("mailer").workload);
  expect(titles.filter((title) => /verigate/.test(title))).toEqual([
    expect.stringMatching(/^ConfigMap verigate-settings-\w+$/),
    "PodMonitor verigate-sidecars",
  ]);
});

it("what a team patches counts more than what the component says", () => {
  const [login] = podsOf("team").filter(({ workload }) => workload.metadata.name === "login");
  expect(login?.spec.securityContext?.fsGroup).toBe(2000);
  expect(login?.spec.initContainers?.[0]?.image).toMatch(/^registry\.example\/platform\/verigate\/gateway@sha256:/);
});

function podsOf(name: Folder): Pods[] {
  return podsIn(objectsOf(name));
}

/** A workload of the team as it is before anything is built. */
function sampleOf(name: string): Pods {
  const object: KubernetesObject = parse(textOf(`tooling/kubernetes/samples/workloads/${name}.yaml`));
  return podsIn([object])[0] as Pods;
}
