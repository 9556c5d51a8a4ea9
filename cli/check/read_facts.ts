import { dirname } from "node:path";
import { detectHierarchy } from "../../agent/cgroups/hierarchy.ts";
import { currentBundle } from "../bundle/bundle.ts";
import { missingHostTools } from "../host_tools.ts";
import type { CgroupFacts, ClockFacts, DiskFacts, Facts, FirewallFacts, Wanted } from "./facts.ts";
import { measureFsync } from "./measure_fsync.ts";
import { readModules } from "./read_modules.ts";

/** What a checkout takes for its own age. */
const FIRST_RELEASE = Date.UTC(2026, 0, 1);
/** Where a Raspberry Pi's boot loader reads the kernel's command line, of now and of before Debian 12. */
const PI_COMMAND_LINES = ["/boot/firmware/cmdline.txt", "/boot/cmdline.txt"];

/** Looks at this machine. Whatever cannot be read is left out. */
export async function readFacts(wanted: Wanted): Promise<Facts> {
  const memory = Deno.systemMemoryInfo();
  const [cgroups, raspberryPi, modules, disk, listening, firewall, missingTools, runcError, inotify, appArmor] =
    await Promise.all([
      readCgroups(),
      readRaspberryPi(),
      readModules(),
      readDisk(wanted.dataDir),
      readListening(),
      readFirewall(),
      missingHostTools().then((tools) =>
        wanted.ownContainerd ? tools : tools.filter((tool) => !OF_CONTAINERD.has(tool))
      ),
      readRunc(),
      readText("/proc/sys/fs/inotify/max_user_instances"),
      readText("/sys/module/apparmor/parameters/enabled"),
    ]);
  return {
    wanted,
    uid: Deno.uid() ?? 0,
    hostname: Deno.hostname(),
    kernel: Deno.osRelease(),
    cgroups,
    ...(raspberryPi && { raspberryPi }),
    modules,
    clock: await readClock(),
    disk,
    memory: { totalBytes: memory.total, availableBytes: memory.available },
    listening,
    firewall,
    missingTools,
    // One that is missing is among the tools.
    ...(runcError !== undefined && !missingTools.includes("runc") && { runcError }),
    addresses: Deno.networkInterfaces()
      .filter(({ family, address }) => family === "IPv4" && !address.startsWith("127.")).map(({ address }) => address),
    ...(inotify !== undefined && { inotifyInstances: Number(inotify) }),
    appArmor: {
      enabled: appArmor?.startsWith("Y") ?? false,
      hasParser: await succeeds("apparmor_parser", "--version"),
    },
  };
}

const OF_CONTAINERD = new Set(["containerd", "ctr", "runc", "CNI plugins"]);

async function readCgroups(): Promise<CgroupFacts> {
  try {
    return await detectHierarchy();
  } catch {
    // It asks for more than being mounted; what there is of version 1 is in the kernel's table.
    const table = await readText("/proc/cgroups") ?? "";
    const enabled = table.split("\n").map((line) => line.split("\t")).filter((row) => row[3] === "1" && row[1] !== "0");
    return enabled.length > 0
      ? { version: 1, controllers: enabled.map(([name]) => name!) }
      : { version: 0, controllers: [] };
  }
}

async function readRaspberryPi(): Promise<Facts["raspberryPi"]> {
  const model = (await readText("/proc/device-tree/model"))?.replace(/\0/g, "");
  if (!model?.startsWith("Raspberry Pi")) return undefined;
  for (const file of PI_COMMAND_LINES) {
    const commandLine = await readText(file);
    // The file of before says in words where the other one is.
    if (commandLine !== undefined && !commandLine.startsWith("DO NOT EDIT")) return { model, file, commandLine };
  }
  return undefined;
}

async function readClock(): Promise<ClockFacts> {
  const shown = await output("timedatectl", "show", "--property=NTPSynchronized", "--value");
  const committed = currentBundle()?.manifest.committed;
  return {
    now: Date.now(),
    built: committed === undefined ? FIRST_RELEASE : Date.parse(committed),
    ...(shown !== undefined && shown !== "" && { synchronized: shown === "yes" }),
  };
}

async function readDisk(dataDir: string): Promise<DiskFacts> {
  let path = dataDir;
  while (path !== "/" && !await Deno.stat(path).then(() => true, () => false)) path = dirname(path);
  const [free, fsync] = await Promise.all([output("df", "-Pk", path), measureFsync(path)]);
  const freeBytes = Number(free?.split("\n")[1]?.trim().split(/\s+/)[3] ?? NaN) * 1024;
  return { path, fileSystem: await fileSystemOf(path), freeBytes, ...(fsync && { fsync }) };
}

/** The last mount whose point is the path or above it: a later one lies over an earlier one. */
async function fileSystemOf(path: string): Promise<string> {
  const lines = (await readText("/proc/self/mountinfo") ?? "").split("\n").map((line) => line.split(" "));
  let found = { point: "", type: "" };
  for (const words of lines) {
    const point = words[4] ?? "", type = words[words.indexOf("-") + 1] ?? "";
    const holds = point === "/" || path === point || path.startsWith(`${point}/`);
    if (holds && point.length >= found.point.length) found = { point, type };
  }
  return found.type;
}

/** State 0A is LISTEN; a UDP socket without a peer is in state 07. */
async function readListening(): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  for (
    const [file, protocol, state] of [["tcp", "tcp", "0A"], ["tcp6", "tcp", "0A"], ["udp", "udp", "07"], [
      "udp6",
      "udp",
      "07",
    ]]
  ) {
    for (const line of (await readText(`/proc/net/${file}`) ?? "").split("\n").slice(1)) {
      const words = line.trim().split(/\s+/);
      if (words[3] === state) found.add(`${protocol}/${Number.parseInt(words[1]!.split(":")[1]!, 16)}`);
    }
  }
  return found;
}

async function readFirewall(): Promise<FirewallFacts> {
  const ufw = /^ENABLED=yes/m.test(await readText("/etc/ufw/ufw.conf") ?? "");
  const firewalld = await output("firewall-cmd", "--state") === "running";
  const listed = await output("nft", "-j", "list", "chains");
  const active = ufw ? "ufw" as const : firewalld ? "firewalld" as const : undefined;
  return { ...(active && { active }), dropping: listed ? droppingChains(listed) : [] };
}

interface NftChain {
  readonly table: string;
  readonly name: string;
  readonly hook?: string;
  readonly policy?: string;
}

function droppingChains(json: string): FirewallFacts["dropping"] {
  const { nftables } = JSON.parse(json) as { nftables: readonly { chain?: NftChain }[] };
  return nftables.flatMap(({ chain }) => {
    if (chain?.policy !== "drop" || (chain.hook !== "input" && chain.hook !== "forward")) return [];
    return [{ hook: chain.hook, chain: `${chain.table} ${chain.name}` }];
  });
}

async function readRunc(): Promise<string | undefined> {
  try {
    const { success, stderr } = await command("runc", "--version").output();
    return success ? undefined : new TextDecoder().decode(stderr).trim().split("\n")[0];
  } catch {
    return "it is not found";
  }
}

async function readText(path: string): Promise<string | undefined> {
  return await Deno.readTextFile(path).then((text) => text.trim(), () => undefined);
}

function command(name: string, ...args: readonly string[]): Deno.Command {
  const path = `${Deno.env.get("PATH") ?? ""}:/usr/sbin:/sbin`;
  return new Deno.Command(name, { args: [...args], env: { PATH: path, LC_ALL: "C" }, stdin: "null" });
}

/** What a command prints, undefined when there is none or it fails. */
async function output(name: string, ...args: readonly string[]): Promise<string | undefined> {
  try {
    const { success, stdout } = await command(name, ...args).output();
    return success ? new TextDecoder().decode(stdout).trim() : undefined;
  } catch {
    return undefined;
  }
}

async function succeeds(name: string, ...args: readonly string[]): Promise<boolean> {
  return await output(name, ...args) !== undefined;
}
