/**
 * What runs containers: containerd over CRI v1 (`cri/`), or a simulation (`simulated/`) with which a thousand hollow nodes fit in one process.
 *
 * **Ordering.** Calls for one sandbox are made one after the other by the caller; calls for different ones may overlap.
 * **Idempotence.** stop and remove of what is gone resolve. `create*` are not idempotent.
 * **Errors.** {@linkcode RuntimeError}, or the signal's reason when aborted.
 */
export interface ContainerRuntime {
  /** Name, version and API version of the runtime; rejects with `unavailable` until it answers. */
  version(signal?: AbortSignal): Promise<RuntimeVersion>;
  /** `RuntimeReady` and `NetworkReady`. */
  status(signal?: AbortSignal): Promise<readonly RuntimeCondition[]>;

  /** Makes and starts a Pod's sandbox, its network included; answers its id. */
  runSandbox(config: SandboxConfig, signal?: AbortSignal): Promise<string>;
  stopSandbox(id: string, signal?: AbortSignal): Promise<void>;
  removeSandbox(id: string, signal?: AbortSignal): Promise<void>;
  /** Undefined when there is none. */
  sandbox(id: string, signal?: AbortSignal): Promise<Sandbox | undefined>;
  sandboxes(signal?: AbortSignal): Promise<readonly Sandbox[]>;

  createContainer(
    sandboxId: string,
    config: ContainerConfig,
    sandbox: SandboxConfig,
    signal?: AbortSignal,
  ): Promise<string>;
  startContainer(id: string, signal?: AbortSignal): Promise<void>;
  /** SIGTERM (or the image's stop signal), then SIGKILL after the grace period. Resolves when it is dead. */
  stopContainer(id: string, graceSeconds: number, signal?: AbortSignal): Promise<void>;
  removeContainer(id: string, signal?: AbortSignal): Promise<void>;
  container(id: string, signal?: AbortSignal): Promise<Container | undefined>;
  /** All containers with what a list knows (state, ids, labels, no exit details), of one sandbox or of all. */
  containers(sandboxId?: string, signal?: AbortSignal): Promise<readonly ContainerSummary[]>;
  updateContainerResources(id: string, resources: LinuxResources, signal?: AbortSignal): Promise<void>;
  /** Tells the runtime that the log file was moved away. */
  reopenContainerLog(id: string, signal?: AbortSignal): Promise<void>;

  /** Runs to its end; output beyond 16 MB is cut. Rejects with `deadlineExceeded` after `timeoutSeconds` (0: none). */
  execSync(id: string, command: readonly string[], timeoutSeconds: number, signal?: AbortSignal): Promise<ExecResult>;
  /** URLs of the runtime's streaming server, good for one WebSocket or SPDY connection each. */
  exec(request: StreamRequest & { readonly command: readonly string[] }, signal?: AbortSignal): Promise<string>;
  attach(request: StreamRequest, signal?: AbortSignal): Promise<string>;
  portForward(sandboxId: string, ports: readonly number[], signal?: AbortSignal): Promise<string>;

  stats(signal?: AbortSignal): Promise<readonly ContainerStats[]>;

  /**
   * Deaths, starts, OOM kills and deletions as they happen, until the signal aborts. Ends with a `RuntimeError` when the runtime goes away; what happened
   * between two subscriptions is not told: list after subscribing.
   */
  events(signal: AbortSignal): AsyncIterable<RuntimeEvent>;

  images: ImageService;
  close(): Promise<void>;
}

/** Images as the runtime keeps them. */
export interface ImageService {
  /** Undefined when it is not there. `image` is a reference or an id. */
  get(image: string, signal?: AbortSignal): Promise<Image | undefined>;
  list(signal?: AbortSignal): Promise<readonly Image[]>;
  /** Answers the image's id. Rejects with `pullFailed`, or `pullUnauthorized`; the message is the registry's. */
  pull(image: string, auth?: RegistryAuth, signal?: AbortSignal): Promise<string>;
  remove(image: string, signal?: AbortSignal): Promise<void>;
  /** Bytes used and inodes, and where. */
  filesystem(
    signal?: AbortSignal,
  ): Promise<{ readonly path: string; readonly usedBytes: number; readonly usedInodes: number }>;
}

export interface RuntimeVersion {
  readonly name: string;
  readonly version: string;
}

export interface RuntimeCondition {
  readonly type: string;
  readonly status: boolean;
  readonly reason: string;
  readonly message: string;
}

export interface SandboxConfig {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  /** How often this Pod's sandbox was made before. */
  readonly attempt: number;
  readonly hostname: string;
  /** Directory for the containers' logs. */
  readonly logDirectory: string;
  readonly dns?: {
    readonly servers: readonly string[];
    readonly searches: readonly string[];
    readonly options: readonly string[];
  };
  readonly portMappings: readonly PortMapping[];
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly cgroupParent: string;
  readonly sysctls: Readonly<Record<string, string>>;
  readonly namespaces: NamespaceModes;
  readonly security: SandboxSecurity;
  readonly resources?: LinuxResources;
  readonly runtimeHandler?: string;
}

export interface PortMapping {
  readonly protocol: "TCP" | "UDP" | "SCTP";
  readonly containerPort: number;
  readonly hostPort: number;
  readonly hostIP: string;
}

export interface NamespaceModes {
  readonly network: "pod" | "node";
  /** `target`: that of the container with this id. */
  readonly pid: "pod" | "container" | "node" | { readonly target: string };
  readonly ipc: "pod" | "node";
}

export interface SandboxSecurity {
  readonly privileged: boolean;
  readonly runAsUser?: number;
  readonly runAsGroup?: number;
  readonly supplementalGroups: readonly number[];
  readonly readonlyRootfs: boolean;
  readonly seccomp: Profile;
}

/** `localhost` names a profile on the node. */
export type Profile =
  | { readonly type: "runtimeDefault" }
  | { readonly type: "unconfined" }
  | { readonly type: "localhost"; readonly path: string };

export interface ContainerConfig {
  readonly name: string;
  readonly attempt: number;
  /** What `images.get` or `images.pull` answered. */
  readonly image: string;
  /** As the user wrote it. */
  readonly userImage: string;
  readonly command: readonly string[];
  readonly args: readonly string[];
  readonly workingDir: string;
  readonly env: readonly { readonly name: string; readonly value: string }[];
  readonly mounts: readonly Mount[];
  readonly devices: readonly {
    readonly hostPath: string;
    readonly containerPath: string;
    readonly permissions: string;
  }[];
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** Relative to the sandbox's log directory. */
  readonly logPath: string;
  readonly stdin: boolean;
  readonly stdinOnce: boolean;
  readonly tty: boolean;
  readonly resources: LinuxResources;
  readonly security: ContainerSecurity;
}

export interface Mount {
  readonly containerPath: string;
  readonly hostPath: string;
  readonly readonly: boolean;
  readonly propagation: "private" | "hostToContainer" | "bidirectional";
}

export interface ContainerSecurity {
  readonly privileged: boolean;
  readonly addCapabilities: readonly string[];
  readonly dropCapabilities: readonly string[];
  readonly runAsUser?: number;
  readonly runAsGroup?: number;
  readonly runAsUsername?: string;
  readonly supplementalGroups: readonly number[];
  readonly readonlyRootfs: boolean;
  readonly noNewPrivileges: boolean;
  readonly seccomp: Profile;
  readonly appArmor: Profile;
  readonly maskedPaths: readonly string[];
  readonly readonlyPaths: readonly string[];
  readonly namespaces: NamespaceModes;
}

export interface LinuxResources {
  readonly cpuPeriod?: number;
  readonly cpuQuota?: number;
  readonly cpuShares?: number;
  readonly memoryLimitBytes?: number;
  readonly oomScoreAdj?: number;
  readonly cpusetCpus?: string;
  readonly hugepages?: readonly { readonly pageSize: string; readonly limit: number }[];
}

export interface Sandbox {
  readonly id: string;
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly attempt: number;
  readonly ready: boolean;
  /** Nanoseconds since the epoch fit a double only roughly: milliseconds here. */
  readonly createdAt: number;
  /** Empty for host networking and where only a list was asked for. */
  readonly ips: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

export type ContainerState = "created" | "running" | "exited" | "unknown";

export interface ContainerSummary {
  readonly id: string;
  readonly sandboxId: string;
  readonly name: string;
  readonly attempt: number;
  readonly state: ContainerState;
  readonly createdAt: number;
  readonly image: string;
  readonly imageId: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

export interface Container extends ContainerSummary {
  /** Milliseconds since the epoch; 0 when it has not happened. */
  readonly startedAt: number;
  readonly finishedAt: number;
  readonly exitCode: number;
  /** `Completed`, `Error`, `OOMKilled` … */
  readonly reason: string;
  readonly message: string;
  readonly logPath: string;
}

export interface ExecResult {
  readonly stdout: Uint8Array;
  readonly stderr: Uint8Array;
  readonly exitCode: number;
}

export interface StreamRequest {
  readonly containerId: string;
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly tty: boolean;
}

export interface ContainerStats {
  readonly containerId: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly at: number;
  readonly cpuNanoseconds: number;
  readonly memoryBytes: number;
  readonly rootfsBytes: number;
}

export type RuntimeEvent =
  | { readonly type: "started" | "deleted"; readonly containerId: string }
  | { readonly type: "exited"; readonly containerId: string; readonly exitCode: number }
  | { readonly type: "oom"; readonly containerId: string };

export interface Image {
  readonly id: string;
  readonly tags: readonly string[];
  readonly digests: readonly string[];
  readonly bytes: number;
  readonly pinned: boolean;
  /** The numeric user of the image's configuration, or its name. */
  readonly uid?: number;
  readonly username?: string;
}

export interface RegistryAuth {
  readonly username?: string;
  readonly password?: string;
  /** base64 of `username:password`, instead of the two. */
  readonly auth?: string;
  readonly identityToken?: string;
  readonly serverAddress?: string;
}

export type RuntimeReason =
  | "unavailable"
  | "notFound"
  | "alreadyExists"
  | "invalidArgument"
  | "deadlineExceeded"
  | "pullFailed"
  | "pullUnauthorized"
  | "failed";

/** What a runtime could not do; `reason` is for programs, the message for people. */
export class RuntimeError extends Error {
  override readonly name = "RuntimeError";
  constructor(readonly reason: RuntimeReason, message: string, options?: ErrorOptions) {
    super(message, options);
  }
}
