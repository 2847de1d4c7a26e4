import { expect } from "vitest";
import { testWith } from "../../e2e/src/real-or-skip.ts";
import { realKubectl } from "./kubectl.ts";
import { type Folder, folders, manifestOf } from "./manifests-for-test.ts";
import { misconfigurations, realTrivy } from "./misconfigurations.ts";

/** Rules that are broken on purpose. */
const exceptions: Readonly<Record<string, string>> = {
  KSV011:
    "a limit of CPU: it would slow calls down while the node is idle; what others need is kept free by their requests",
  KSV116:
    "a group that is not root's: this version of the rule asks it of objects without pods, too, and is never content; manifests.test.ts asks it of containers",
};

const it = testWith(realKubectl, realTrivy);
const scanned: readonly Folder[] = ["cluster", "dev", "example", "caller"];
/** Starting Trivy, which compiles its rules, takes seconds. */
const timeoutMs = 120_000;

/** A container that gets what nobody should. */
const careless = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "careless", namespace: "shop" },
  spec: {
    selector: { matchLabels: { app: "careless" } },
    template: {
      metadata: { labels: { app: "careless" } },
      spec: {
        hostNetwork: true,
        containers: [{ name: "careless", image: "shop/careless:latest", securityContext: { privileged: true } }],
      },
    },
  },
};

it("Trivy finds no misconfiguration but those that are meant", { timeout: timeoutMs }, () => {
  const manifests = scanned.map((name) => manifestOf(folders[name]));
  const [found = [], ...ofOurs] = misconfigurations([JSON.stringify(careless), ...manifests]);
  // Privileged, the host's network, a root that can be written to, a tag that moves.
  expect(found.map(({ id }) => id)).toEqual(expect.arrayContaining(["KSV017", "KSV009", "KSV014", "KSV013"]));
  expect(ofOurs.map((each) => each.filter(({ id }) => !Object.hasOwn(exceptions, id)))).toEqual(scanned.map(() => []));
  // An exception that nothing needs any more is none.
  expect(new Set(ofOurs.flat().map(({ id }) => id))).toEqual(new Set(Object.keys(exceptions)));
});
