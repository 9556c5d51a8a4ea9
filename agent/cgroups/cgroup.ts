import { CgroupError, type Hierarchy } from "./hierarchy.ts";

/** Limits of a cgroup; what is absent is not touched. */
export interface Limits {
  readonly cpuShares?: number;
  /** Microseconds of each 100,000. */
  readonly cpuQuota?: number;
  readonly memoryBytes?: number;
  readonly pids?: number;
}

/** Makes the cgroup, with its parents, in every controller, and sets its limits. `path` is absolute within the hierarchy: `/kubepods/podX`. */
export async function makeCgroup(hierarchy: Hierarchy, path: string, limits: Limits): Promise<void> {
  if (hierarchy.version === 2) await makeUnified(hierarchy, path);
  else {
    for (const controller of hierarchy.controllers) {
      await Deno.mkdir(`${hierarchy.root}/${controller}${path}`, { recursive: true });
      if (controller === "cpuset") await inheritCpuset(`${hierarchy.root}/cpuset`, path);
    }
  }
  for (const [file, value] of settings(hierarchy, path, limits)) await write(file, value);
}

/** Removes the cgroup and those below it. Processes in it are killed when `kill` is set; else one that has some stays, and this rejects. */
export async function removeCgroup(
  hierarchy: Hierarchy,
  path: string,
  options: { kill?: boolean } = {},
): Promise<void> {
  const roots = hierarchy.version === 2
    ? [hierarchy.root]
    : hierarchy.controllers.map((controller) => `${hierarchy.root}/${controller}`);
  for (const root of new Set(roots)) await removeTree(`${root}${path}`, options.kill ?? false);
}

/** The names of the cgroups right below this one. */
export async function childCgroups(hierarchy: Hierarchy, path: string): Promise<string[]> {
  const directory = hierarchy.version === 2 ? `${hierarchy.root}${path}` : `${hierarchy.root}/memory${path}`;
  const names: string[] = [];
  try {
    for await (const entry of Deno.readDir(directory)) if (entry.isDirectory) names.push(entry.name);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return names;
}

/** Each level has to hand its controllers down, or those below have none. */
async function makeUnified(hierarchy: Hierarchy, path: string): Promise<void> {
  const enable = ["cpu", "cpuset", "io", "memory", "pids", "hugetlb"].filter((name) =>
    hierarchy.controllers.includes(name)
  );
  let at = hierarchy.root;
  for (const part of path.split("/").filter(Boolean)) {
    // A level that refuses one controller may still hand down the others.
    for (const name of enable) await Deno.writeTextFile(`${at}/cgroup.subtree_control`, `+${name}`).catch(() => {});
    at = `${at}/${part}`;
    await Deno.mkdir(at, { recursive: true });
  }
}

/** A new cpuset of version 1 is empty, and no process can enter it so. */
async function inheritCpuset(root: string, path: string): Promise<void> {
  let at = root;
  for (const part of path.split("/").filter(Boolean)) {
    const parent = at;
    at = `${at}/${part}`;
    for (const file of ["cpuset.cpus", "cpuset.mems"]) {
      if ((await Deno.readTextFile(`${at}/${file}`)).trim() !== "") continue;
      await write(`${at}/${file}`, (await Deno.readTextFile(`${parent}/${file}`)).trim());
    }
  }
}

function settings(hierarchy: Hierarchy, path: string, limits: Limits): [string, string][] {
  const { cpuShares, cpuQuota, memoryBytes, pids } = limits;
  const files: [string, string][] = [];
  if (hierarchy.version === 2) {
    const at = `${hierarchy.root}${path}`;
    if (cpuShares !== undefined) files.push([`${at}/cpu.weight`, String(cpuWeight(cpuShares))]);
    if (cpuQuota !== undefined) files.push([`${at}/cpu.max`, `${cpuQuota} 100000`]);
    if (memoryBytes !== undefined) files.push([`${at}/memory.max`, String(memoryBytes)]);
    if (pids !== undefined) files.push([`${at}/pids.max`, String(pids)]);
    return files;
  }
  const file = (controller: string, name: string) => `${hierarchy.root}/${controller}${path}/${controller}.${name}`;
  if (cpuShares !== undefined) files.push([file("cpu", "shares"), String(cpuShares)]);
  if (cpuQuota !== undefined) {
    files.push([file("cpu", "cfs_period_us"), "100000"], [file("cpu", "cfs_quota_us"), String(cpuQuota)]);
  }
  if (memoryBytes !== undefined) files.push([file("memory", "limit_in_bytes"), String(memoryBytes)]);
  if (pids !== undefined && hierarchy.controllers.includes("pids")) files.push([file("pids", "max"), String(pids)]);
  return files;
}

/** Version 1's shares (2 to 262144) on version 2's scale (1 to 10000). */
function cpuWeight(shares: number): number {
  return 1 + Math.floor((Math.max(shares, 2) - 2) * 9999 / 262142);
}

async function write(file: string, value: string): Promise<void> {
  try {
    await Deno.writeTextFile(file, value);
  } catch (error) {
    throw new CgroupError("failed", `cannot write ${JSON.stringify(value)} to ${file}: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

const removalAttempts = 50;

async function removeTree(directory: string, kill: boolean): Promise<void> {
  let children: string[];
  try {
    children = [];
    for await (const entry of Deno.readDir(directory)) if (entry.isDirectory) children.push(entry.name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw error;
  }
  for (const child of children) await removeTree(`${directory}/${child}`, kill);
  for (let attempt = 1;; attempt++) {
    try {
      // A control group is removed as it stands, with the kernel's files in it.
      await Deno.remove(directory);
      return;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return;
      if (attempt === removalAttempts) {
        throw new CgroupError("failed", `cannot remove the control group ${directory}: ${(error as Error).message}`, {
          cause: error,
        });
      }
      if (kill) await killAll(directory);
      // The last process is gone from the table before it is gone from its group.
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

async function killAll(directory: string): Promise<void> {
  const pids = await Deno.readTextFile(`${directory}/cgroup.procs`).catch(() => "");
  for (const pid of pids.split("\n").filter(Boolean).map(Number)) {
    try {
      // 0 stands for a process that is not in our pid namespace.
      if (pid > 0) Deno.kill(pid, "SIGKILL");
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
}
