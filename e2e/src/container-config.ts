import type { ImageUnderTest } from "./image-under-test.ts";

/** What is run of an image, and what it is given. */
export interface ContainerSetup {
  readonly image: ImageUnderTest;
  /** Instead of the image's own command, behind its entry point. */
  readonly args?: readonly string[];
  /** Beside the image's own variables. */
  readonly env?: Readonly<Record<string, string>>;
  /** Files of the machine by their places in the container, where they can only be read. */
  readonly files?: Readonly<Record<string, string>>;
  /** A folder of the machine that stands at /run/verigate, and can be written to. */
  readonly sockets?: string;
  /** A network of its own, or that of the container whose first process has this number. Default: the machine's. */
  readonly network?: "own" | { readonly ofPid: number };
  /** Without it there is no limit. */
  readonly memoryBytes?: number;
}

export interface Process {
  readonly args: readonly string[];
  readonly [name: string]: unknown;
}

const noCapabilities = { bounding: [], effective: [], inheritable: [], permitted: [], ambient: [] };

/** The image's process as Kubernetes' restricted profile lets it run. */
export function processOf({ image, args, env = {} }: ContainerSetup): Process {
  const { User, WorkingDir, Env, Entrypoint, Cmd } = image.config;
  const [uid = 0, gid = 0] = User.split(":").map(Number);
  return {
    terminal: false,
    user: { uid, gid },
    args: [...Entrypoint, ...(args ?? Cmd)],
    env: [...Env, ...Object.entries(env).map(([name, value]) => `${name}=${value}`)],
    cwd: WorkingDir,
    capabilities: noCapabilities,
    noNewPrivileges: true,
  };
}

/**
 * The configuration of the OCI runtime specification, 1.0: a root that can't be
 * written to, processes and mounts of its own, and a network that it may share, as
 * containers of one pod do.
 */
export function runtimeConfig(id: string, setup: ContainerSetup): object {
  const { image, files = {}, sockets, network, memoryBytes } = setup;
  const bind = (source: string, destination: string, access: "ro" | "rw") => ({
    destination,
    source,
    type: "bind",
    options: ["bind", access, "nosuid", "nodev", "noexec"],
  });
  return {
    ociVersion: "1.0.2",
    process: processOf(setup),
    root: { path: image.root, readonly: true },
    hostname: "verigate",
    mounts: [
      { destination: "/proc", type: "proc", source: "proc" },
      {
        destination: "/dev",
        type: "tmpfs",
        source: "tmpfs",
        options: ["nosuid", "strictatime", "mode=755", "size=64k"],
      },
      ...Object.entries(files).map(([destination, source]) => bind(source, destination, "ro")),
      ...(sockets === undefined ? [] : [bind(sockets, "/run/verigate", "rw")]),
    ],
    linux: {
      cgroupsPath: `/${id}`,
      namespaces: [
        ...["pid", "ipc", "uts", "mount"].map((type) => ({ type })),
        ...(network === undefined ? [] : [networkNamespace(network)]),
      ],
      resources: {
        devices: [{ allow: false, access: "rwm" }],
        ...(memoryBytes === undefined ? {} : { memory: { limit: memoryBytes, swap: memoryBytes } }),
      },
      maskedPaths: ["/proc/kcore", "/proc/keys", "/proc/sched_debug"],
      readonlyPaths: ["/proc/sys", "/proc/sysrq-trigger"],
    },
  };
}

/** One that is made here has a loopback interface, and no other. */
function networkNamespace(network: NonNullable<ContainerSetup["network"]>): object {
  return { type: "network", ...(network === "own" ? {} : { path: `/proc/${network.ofPid}/ns/net` }) };
}
