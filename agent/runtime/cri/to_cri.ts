import type {
  ContainerConfig,
  ContainerSecurity,
  LinuxResources,
  Mount,
  NamespaceModes,
  Profile,
  RegistryAuth,
  SandboxConfig,
} from "../contract.ts";
import type { Fields } from "./descriptor.ts";

const NAMESPACE = { pod: "POD", container: "CONTAINER", node: "NODE" } as const;
const PROFILE = { runtimeDefault: "RuntimeDefault", unconfined: "Unconfined", localhost: "Localhost" } as const;
const PROPAGATION: Readonly<Record<Mount["propagation"], string>> = {
  private: "PROPAGATION_PRIVATE",
  hostToContainer: "PROPAGATION_HOST_TO_CONTAINER",
  bidirectional: "PROPAGATION_BIDIRECTIONAL",
};

/** What of the node changes how a configuration is written. */
export interface NodeFacts {
  /** containerd refuses even its own default profile on a kernel without AppArmor. */
  readonly appArmor: boolean;
}

export function sandboxConfig(config: SandboxConfig): Fields {
  const { security } = config;
  return {
    metadata: { name: config.name, namespace: config.namespace, uid: config.uid, attempt: config.attempt },
    // A Pod on the node's network has the node's name: it shares the UTS namespace, and runc refuses to set one there.
    hostname: config.namespaces.network === "node" ? "" : config.hostname,
    logDirectory: config.logDirectory,
    ...(config.dns ? { dnsConfig: config.dns } : {}),
    portMappings: config.portMappings.map(({ hostIP, ...rest }) => ({ ...rest, hostIp: hostIP })),
    labels: config.labels,
    annotations: config.annotations,
    linux: {
      cgroupParent: config.cgroupParent,
      sysctls: config.sysctls,
      securityContext: {
        namespaceOptions: namespaces(config.namespaces),
        ...users(security),
        readonlyRootfs: security.readonlyRootfs,
        privileged: security.privileged,
        seccomp: profile(security.seccomp),
      },
      ...(config.resources ? { resources: resources(config.resources) } : {}),
    },
  };
}

export function containerConfig(config: ContainerConfig, node: NodeFacts): Fields {
  return {
    metadata: { name: config.name, attempt: config.attempt },
    image: { image: config.image, userSpecifiedImage: config.userImage },
    command: config.command,
    args: config.args,
    workingDir: config.workingDir,
    // `value` is bytes on the wire.
    envs: config.env.map(({ name, value }) => ({ key: name, value: new TextEncoder().encode(value) })),
    mounts: config.mounts.map((mount) => ({ ...mount, propagation: PROPAGATION[mount.propagation] })),
    devices: config.devices,
    labels: config.labels,
    annotations: config.annotations,
    logPath: config.logPath,
    stdin: config.stdin,
    stdinOnce: config.stdinOnce,
    tty: config.tty,
    linux: {
      resources: resources(config.resources),
      securityContext: containerSecurity(config.security, node),
    },
  };
}

export function resources(of: LinuxResources): Fields {
  return {
    cpuPeriod: of.cpuPeriod ?? 0,
    cpuQuota: of.cpuQuota ?? 0,
    cpuShares: of.cpuShares ?? 0,
    memoryLimitInBytes: of.memoryLimitBytes ?? 0,
    oomScoreAdj: of.oomScoreAdj ?? 0,
    cpusetCpus: of.cpusetCpus ?? "",
    hugepageLimits: of.hugepages ?? [],
  };
}

export function registryAuth(auth: RegistryAuth): Fields {
  return { ...auth };
}

function containerSecurity(security: ContainerSecurity, node: NodeFacts): Fields {
  const { appArmor } = security;
  return {
    capabilities: { addCapabilities: security.addCapabilities, dropCapabilities: security.dropCapabilities },
    privileged: security.privileged,
    namespaceOptions: namespaces(security.namespaces),
    ...users(security),
    ...(security.runAsUsername === undefined ? {} : { runAsUsername: security.runAsUsername }),
    readonlyRootfs: security.readonlyRootfs,
    noNewPrivs: security.noNewPrivileges,
    maskedPaths: security.maskedPaths,
    readonlyPaths: security.readonlyPaths,
    seccomp: profile(security.seccomp),
    ...(appArmor.type === "runtimeDefault" && !node.appArmor ? {} : { apparmor: profile(appArmor) }),
  };
}

function users(
  of: { readonly runAsUser?: number; readonly runAsGroup?: number; readonly supplementalGroups: readonly number[] },
): Fields {
  return {
    ...(of.runAsUser === undefined ? {} : { runAsUser: { value: of.runAsUser } }),
    ...(of.runAsGroup === undefined ? {} : { runAsGroup: { value: of.runAsGroup } }),
    supplementalGroups: of.supplementalGroups,
  };
}

function namespaces({ network, pid, ipc }: NamespaceModes): Fields {
  const modes = { network: NAMESPACE[network], ipc: NAMESPACE[ipc] };
  return typeof pid === "object"
    ? { ...modes, pid: "TARGET", targetId: pid.target }
    : { ...modes, pid: NAMESPACE[pid] };
}

function profile(of: Profile): Fields {
  return { profileType: PROFILE[of.type], localhostRef: of.type === "localhost" ? of.path : "" };
}
