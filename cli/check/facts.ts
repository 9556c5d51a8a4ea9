/** What `skiff check` knows of a machine. Everything that could not be found out is undefined, and is then no reason to complain. */
export interface Facts {
  readonly wanted: Wanted;
  readonly uid: number;
  readonly hostname: string;
  /** `6.1.21-v8+` */
  readonly kernel: string;
  readonly cgroups: CgroupFacts;
  /** The boot loader's command line of a Raspberry Pi. */
  readonly raspberryPi?: { readonly model: string; readonly file: string; readonly commandLine: string };
  /** Kernel features by the name of their module. */
  readonly modules: Readonly<Record<string, ModuleState | undefined>>;
  readonly clock: ClockFacts;
  readonly disk: DiskFacts;
  readonly memory: { readonly totalBytes: number; readonly availableBytes: number };
  /** TCP and UDP ports that somebody listens on: `tcp/6443`. */
  readonly listening: ReadonlySet<string>;
  readonly firewall: FirewallFacts;
  /** Programs that are not found, of those that the wanted role runs. */
  readonly missingTools: readonly string[];
  /** What runc says when it cannot even tell its version (a library that is missing). */
  readonly runcError?: string;
  /** IPv4 addresses of interfaces other than the loopback. */
  readonly addresses: readonly string[];
  readonly inotifyInstances?: number;
  readonly appArmor: { readonly enabled: boolean; readonly hasParser: boolean };
}

/** What Skiff shall do here. */
export interface Wanted {
  readonly role: "server" | "agent";
  /** Whether containers run on this machine. */
  readonly runsContainers: boolean;
  /** Whether containerd is Skiff's own, not one that runs already. */
  readonly ownContainerd: boolean;
  readonly dataDir: string;
  readonly apiPort: number;
  readonly kubeletPort: number;
  /** Skiff is installed already: its ports are taken by itself. */
  readonly installed: boolean;
}

export type ModuleState = "present" | "loadable" | "missing";

export interface CgroupFacts {
  /** 0: nothing is mounted at /sys/fs/cgroup. */
  readonly version: 0 | 1 | 2;
  readonly controllers: readonly string[];
}

export interface ClockFacts {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** When this Skiff was committed: no clock that is right shows less. */
  readonly built: number;
  readonly synchronized?: boolean;
}

export interface DiskFacts {
  /** The nearest directory to the data directory that exists. */
  readonly path: string;
  /** As /proc/self/mountinfo names it: `ext4`. */
  readonly fileSystem: string;
  readonly freeBytes: number;
  /** Milliseconds, of single 4 KiB writes each brought to the disk. */
  readonly fsync?: { readonly p50: number; readonly p99: number };
}

export interface FirewallFacts {
  /** A front end that is active: it must be told of our networks. */
  readonly active?: "ufw" | "firewalld";
  /** `table chain` of base chains that drop what no rule of theirs accepts, by their hook. */
  readonly dropping: readonly { readonly hook: "input" | "forward"; readonly chain: string }[];
}
