/** What of a machine Skiff may change besides files: names as the kernel gives them, each list sorted. */
export interface HostState {
  readonly mounts: readonly string[];
  /** Network interfaces. */
  readonly links: readonly string[];
  /** `family name`; empty where there is no nft. */
  readonly tables: readonly string[];
  /** Directories two levels deep, of every hierarchy. */
  readonly cgroups: readonly string[];
}

export const STATE_KEYS = ["mounts", "links", "tables", "cgroups"] as const satisfies readonly (keyof HostState)[];

const CGROUP_ROOT = "/sys/fs/cgroup";

/** Reads it from the machine. */
export async function readHostState(): Promise<HostState> {
  const mountinfo = await Deno.readTextFile("/proc/self/mountinfo");
  return {
    mounts: mountinfo.split("\n").map((line) => line.split(" ")[4] ?? "").filter(Boolean).sort(),
    links: (await names("/sys/class/net")).sort(),
    tables: await nftTables(),
    cgroups: await cgroups(),
  };
}

async function nftTables(): Promise<string[]> {
  const command = new Deno.Command("sh", {
    args: ["-c", "PATH=$PATH:/usr/sbin:/sbin; nft list tables"],
    stdin: "null",
    stderr: "null",
  });
  const { stdout } = await command.output();
  return [...new TextDecoder().decode(stdout).matchAll(/^table (\S+ \S+)$/gm)].map((match) => match[1]!).sort();
}

async function cgroups(): Promise<string[]> {
  const found: string[] = [];
  for (const first of await names(CGROUP_ROOT)) {
    const path = `${CGROUP_ROOT}/${first}`;
    found.push(path, ...(await names(path)).map((second) => `${path}/${second}`));
  }
  return found.sort();
}

/** Directories in a directory, links to directories among them. */
async function names(directory: string): Promise<string[]> {
  try {
    const entries = await Array.fromAsync(Deno.readDir(directory));
    return entries.filter((entry) => entry.isDirectory || entry.isSymlink).map(({ name }) => name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return [];
    throw error;
  }
}
