import { chmodSync, chownSync } from "node:fs";
import { buildKustomization, objectsIn } from "../../tooling/kubernetes/build-kustomization.ts";
import { type ConfigSource, configSourcesIn } from "../../tooling/kubernetes/config-sources.ts";
import { containerEnv } from "../../tooling/kubernetes/container-env.ts";
import { containersOf, type Pods, podsIn } from "../../tooling/kubernetes/kubernetes-object.ts";
import { mountedFiles } from "../../tooling/kubernetes/mounted-files.ts";
import { fileOf } from "./caller-credentials.ts";
import type { ContainerSetup } from "./container-config.ts";
import { type ContainerUnderTest, startContainer } from "./container-under-test.ts";
import type { ImagesUnderTest } from "./image-under-test.ts";
import { inRepository } from "./repository.ts";
import { type CommandResult, runCommand } from "./run-command.ts";

/** The pod of deploy/kubernetes/overlays/dev, on a network of its own, with which it ends. */
export interface DevPod {
  readonly sandbox: ContainerUnderTest;
  readonly gateway: ContainerUnderTest;
  /** Runs a script of bash where the pod's ports are localhost's, as they are behind `kubectl port-forward`. */
  bash(script: string): Promise<CommandResult>;
}

/**
 * Starts the pod by runc: from what `kubectl kustomize` makes of the overlay, each
 * container in its order, with its image, words, variables, files and limit of
 * memory. Fulfils when the gateway is ready.
 */
export async function startDevPod(images: ImagesUnderTest): Promise<DevPod> {
  const objects = objectsIn(buildKustomization(inRepository("deploy/kubernetes/overlays/dev")));
  const sources = configSourcesIn(objects);
  const [sandboxSetup, gatewaySetup] = podsIn(objects).flatMap((pods) =>
    containersOf(pods).map((container) => setupOf(images, pods, container, sources)),
  );
  if (sandboxSetup?.image !== images.sandbox || gatewaySetup?.image !== images.gateway) {
    throw new Error("the overlay does not run the sandbox's image and then the gateway's");
  }
  const sandbox = startContainer({ ...sandboxSetup, network: "own" });
  await sandbox.said(/emulates Verigator/);
  const ofPid = await sandbox.hostPid();
  const gateway = startContainer({ ...gatewaySetup, network: { ofPid } });
  await gateway.said(/"state is /);
  return {
    sandbox,
    gateway,
    bash: (script) => runCommand("nsenter", [`--net=/proc/${ofPid}/ns/net`, "bash", "--norc", "-eu", "-c", script]),
  };
}

function setupOf(
  images: ImagesUnderTest,
  pods: Pods,
  container: ReturnType<typeof containersOf>[number],
  sources: readonly ConfigSource[],
): ContainerSetup {
  const image = Object.values(images).find(({ reference }) => reference === container.image);
  if (image === undefined) {
    throw new Error(`there is no image ${container.image}`);
  }
  const [, mebibytes] = /^(\d+)Mi$/.exec(String(container.resources?.limits?.memory)) ?? [];
  const files = [...mountedFiles(pods, container, sources)].map(([path, origin]) => {
    const { path: source } = fileOf(origin.from === "token" ? "" : (origin.text ?? ""));
    // As the kubelet gives it: to the group that is the pod's fsGroup.
    chownSync(source, 0, pods.spec.securityContext?.fsGroup ?? 0);
    chmodSync(source, 0o440);
    return [path, source] as const;
  });
  return {
    image,
    ...(container.args === undefined ? {} : { args: container.args }),
    env: containerEnv(container, sources),
    files: Object.fromEntries(files),
    memoryBytes: Number(mebibytes) * 1024 * 1024,
  };
}
