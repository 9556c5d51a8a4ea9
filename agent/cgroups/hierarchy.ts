/**
 * Where the kernel's control groups are mounted: one tree per controller (version 1), or one for all (version 2).
 */
export type Hierarchy =
  | { readonly version: 1; readonly root: string; readonly controllers: readonly string[] }
  | { readonly version: 2; readonly root: string; readonly controllers: readonly string[] };

/**
 * Those of version 1 that Pods are put into; what the kernel lacks of them is left out. The last two control nothing, but runc makes a Pod's
 * group in them as well, and leaves its parents to us.
 */
const usedControllers = [
  "cpu",
  "cpuacct",
  "cpuset",
  "memory",
  "pids",
  "blkio",
  "devices",
  "freezer",
  "hugetlb",
  "net_cls",
  "perf_event",
  "systemd",
  "unified",
];

export class CgroupError extends Error {
  override readonly name = "CgroupError";
  constructor(readonly reason: "notMounted" | "failed", message: string, options?: ErrorOptions) {
    super(message, options);
  }
}

/** Looks at what is mounted at `root`. Throws a {@linkcode CgroupError} where there is nothing. */
export async function detectHierarchy(root = "/sys/fs/cgroup"): Promise<Hierarchy> {
  const unified = await Deno.readTextFile(`${root}/cgroup.controllers`).catch(() => undefined);
  if (unified !== undefined) return { version: 2, root, controllers: unified.trim().split(/\s+/) };
  const mounted: string[] = [];
  for (const controller of usedControllers) {
    const isThere = await Deno.stat(`${root}/${controller}/cgroup.procs`).then(() => true, () => false);
    if (isThere) mounted.push(controller);
  }
  for (const needed of ["cpu", "memory"]) {
    if (!mounted.includes(needed)) {
      throw new CgroupError(
        "notMounted",
        `the control group ${needed} is not mounted below ${root}; mount it, or boot with cgroup_enable=${needed}`,
      );
    }
  }
  return { version: 1, root, controllers: mounted };
}
