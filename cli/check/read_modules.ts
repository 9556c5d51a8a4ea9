import type { Facts, ModuleState } from "./facts.ts";

/** The kernel's own option for each module that is looked for. */
const OPTIONS: Readonly<Record<string, string>> = {
  veth: "CONFIG_VETH",
  bridge: "CONFIG_BRIDGE",
  nf_tables: "CONFIG_NF_TABLES",
  nft_chain_nat: "CONFIG_NFT_NAT",
  nf_conntrack: "CONFIG_NF_CONNTRACK",
  overlay: "CONFIG_OVERLAY_FS",
  br_netfilter: "CONFIG_BRIDGE_NETFILTER",
  vxlan: "CONFIG_VXLAN",
};

/** What is written down about the kernel's modules on a machine; undefined where a file is not there. */
export interface ModuleSources {
  /** Names of /sys/module. */
  readonly loaded: ReadonlySet<string>;
  /** modules.builtin and modules.dep of /lib/modules/VERSION. */
  readonly builtin?: string;
  readonly loadable?: string;
  /** /proc/config.gz or /boot/config-VERSION. */
  readonly config?: string;
}

/** Tells of each module what the sources say. Pure; undefined where they say nothing. */
export function moduleStates({ loaded, builtin, loadable, config }: ModuleSources): Facts["modules"] {
  const state = (module: string, option: string): ModuleState | undefined => {
    const file = new RegExp(`/${module.replaceAll("_", "[-_]")}\\.ko`);
    if (loaded.has(module) || file.test(builtin ?? "")) return "present";
    const set = config === undefined ? undefined : new RegExp(`^${option}=([ym])$`, "m").exec(config)?.[1] ?? "n";
    if (set === "y") return "present";
    if (loadable !== undefined) return file.test(loadable) ? "loadable" : "missing";
    // A kernel that says `m` may have its modules where this machine does not show them (in a container).
    return set === "n" ? "missing" : undefined;
  };
  return Object.fromEntries(Object.entries(OPTIONS).map(([module, option]) => [module, state(module, option)]));
}

export async function readModules(): Promise<Facts["modules"]> {
  const directory = `/lib/modules/${Deno.osRelease()}`;
  const [builtin, loadable, config] = await Promise.all([
    read(`${directory}/modules.builtin`),
    read(`${directory}/modules.dep`),
    readConfig(),
  ]);
  const loaded = await Array.fromAsync(Deno.readDir("/sys/module")).catch(() => []);
  return moduleStates({
    loaded: new Set(loaded.map(({ name }) => name)),
    ...(builtin !== undefined && { builtin }),
    ...(loadable !== undefined && { loadable }),
    ...(config !== undefined && { config }),
  });
}

async function readConfig(): Promise<string | undefined> {
  const packed = await Deno.readFile("/proc/config.gz").catch(() => undefined);
  if (packed === undefined) return await read(`/boot/config-${Deno.osRelease()}`);
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return await new Response(stream).text();
}

async function read(path: string): Promise<string | undefined> {
  return await Deno.readTextFile(path).catch(() => undefined);
}
