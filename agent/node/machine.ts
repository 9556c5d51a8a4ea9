import { statfs } from "node:fs/promises";

/** The machine under a node; what a system does not tell is `""`. */
export interface Machine {
  readonly cpus: number;
  readonly memoryBytes: number;
  /** Kubernetes' word for it: `amd64`, `arm64`. */
  readonly architecture: string;
  readonly machineID: string;
  readonly systemUUID: string;
  readonly bootID: string;
  readonly kernelVersion: string;
  readonly osImage: string;
}

export interface Filesystem {
  readonly totalBytes: number;
  readonly availableBytes: number;
  /** Undefined where the filesystem does not count them. */
  readonly inodes: number | undefined;
  readonly freeInodes: number | undefined;
}

const architectures: Readonly<Record<string, string>> = { x86_64: "amd64", aarch64: "arm64" };

export async function readMachine(): Promise<Machine> {
  const [machineID, systemUUID, bootID, release] = await Promise.all([
    firstLine("/etc/machine-id", "/var/lib/dbus/machine-id"),
    firstLine("/sys/class/dmi/id/product_uuid", "/proc/device-tree/serial-number"),
    firstLine("/proc/sys/kernel/random/boot_id"),
    Deno.readTextFile("/etc/os-release").catch(() => ""),
  ]);
  return {
    cpus: navigator.hardwareConcurrency,
    memoryBytes: Deno.systemMemoryInfo().total,
    architecture: architectures[Deno.build.arch] ?? Deno.build.arch,
    machineID,
    systemUUID: systemUUID || machineID,
    bootID,
    kernelVersion: Deno.osRelease(),
    osImage: /^PRETTY_NAME="?([^"\n]*)"?$/m.exec(release)?.[1] ?? "Linux",
  };
}

/** Bytes that could be had without swapping. */
export function availableMemory(): number {
  return Deno.systemMemoryInfo().available;
}

export async function readFilesystem(path: string): Promise<Filesystem> {
  const { bsize, blocks, bavail, files, ffree } = await statfs(path);
  return {
    totalBytes: blocks * bsize,
    availableBytes: bavail * bsize,
    inodes: files > 0 ? files : undefined,
    freeInodes: files > 0 ? ffree : undefined,
  };
}

async function firstLine(...paths: string[]): Promise<string> {
  for (const path of paths) {
    const text = await Deno.readTextFile(path).catch(() => "");
    const line = text.replaceAll("\\0", "").trim().split("\n")[0];
    if (line) return line;
  }
  return "";
}
