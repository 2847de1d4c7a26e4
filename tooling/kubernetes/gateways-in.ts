import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Config, ConfigMistakes, configFromEnv } from "@verigate/gateway";
import type { IContainer } from "kubernetes-models/v1";
import { type ConfigSource, configSourcesIn } from "./config-sources.ts";
import { containerEnv } from "./container-env.ts";
import { containersOf, type KubernetesObject, type Pods, podsIn } from "./kubernetes-object.ts";
import { mountedFiles } from "./mounted-files.ts";

/** A container that runs the gateway, and what the gateway makes of its environment. */
export interface DeployedGateway {
  readonly pods: Pods;
  readonly container: IContainer;
  /** undefined where it would refuse to start. */
  readonly config: Config | undefined;
  readonly mistakes: readonly string[];
}

/** Names of images before their tag; whatever stands before a slash is a registry's. */
const gatewayImage = /(^|\/)verigate\/gateway(:|@|$)/;
/** What names a file to be made, not one to be read. */
const namesOutput = ["VERIGATE_AUDIT_LOG"];

/**
 * Reads the settings of every gateway as the gateway itself would, with the files
 * that volumes give it. `folder` takes copies of these, for as long as they are
 * looked at; `outside` is what a build leaves to others, with texts in its place.
 */
export function gatewaysIn(
  objects: readonly KubernetesObject[],
  outside: readonly ConfigSource[],
  folder: string,
): DeployedGateway[] {
  const sources = [...configSourcesIn(objects), ...outside];
  return podsIn(objects).flatMap((pods) =>
    containersOf(pods)
      .filter(({ image = "" }) => gatewayImage.test(image))
      .map((container) => ({ pods, container, ...configOf(pods, container, sources, folder) })),
  );
}

function configOf(
  pods: Pods,
  container: IContainer,
  sources: readonly ConfigSource[],
  folder: string,
): Pick<DeployedGateway, "config" | "mistakes"> {
  const files = mountedFiles(pods, container, sources);
  const missing: string[] = [];
  const env = Object.entries(containerEnv(container, sources)).map(([name, value]) => {
    if (!value.startsWith("/") || namesOutput.includes(name)) {
      return [name, value] as const;
    }
    const origin = files.get(value);
    if (origin === undefined) {
      missing.push(`${name}: no volume has ${value}`);
      return [name, ""] as const;
    }
    const copy = join(folder, crypto.randomUUID());
    writeFileSync(copy, origin.from === "token" ? "token" : (origin.text ?? ""));
    return [name, copy] as const;
  });
  try {
    const config = configFromEnv(Object.fromEntries(env));
    return { config: missing.length === 0 ? config : undefined, mistakes: missing };
  } catch (error) {
    if (!(error instanceof ConfigMistakes)) {
      throw error;
    }
    return { config: undefined, mistakes: [...missing, ...error.mistakes] };
  }
}
