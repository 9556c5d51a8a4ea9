import { VolumeError, type VolumePlugin } from "./contract.ts";

type Check = (path: string) => Promise<void>;

function requires(what: string, holds: (info: Deno.FileInfo) => boolean | null): Check {
  return async (path) => {
    const info = await Deno.stat(path).catch(() => undefined);
    if (!info || !holds(info)) {
      throw new VolumeError("invalid", `hostPath type check failed: ${path} is not ${what}`);
    }
  };
}

const isDirectory = requires("a directory", (info) => info.isDirectory);
const isFile = requires("a file", (info) => info.isFile);

/** What each `hostPath.type` asks of the path, or makes there. */
const types: Readonly<Record<string, Check>> = {
  "": () => Promise.resolve(),
  async DirectoryOrCreate(path) {
    const exists = await Deno.stat(path).then(() => true, () => false);
    if (!exists) await Deno.mkdir(path, { recursive: true, mode: 0o755 });
    await isDirectory(path);
  },
  Directory: isDirectory,
  async FileOrCreate(path) {
    const exists = await Deno.stat(path).then(() => true, () => false);
    if (!exists) {
      try {
        await Deno.writeFile(path, new Uint8Array(), { mode: 0o644 });
      } catch (error) {
        throw new VolumeError("failed", `hostPath: cannot create the file ${path}: ${(error as Error).message}`);
      }
    }
    await isFile(path);
  },
  File: isFile,
  Socket: requires("a socket", (info) => info.isSocket),
  CharDevice: requires("a character device", (info) => info.isCharDevice),
  BlockDevice: requires("a block device", (info) => info.isBlockDevice),
};

/** A path of the node. */
export const hostPath: VolumePlugin = {
  directory: "kubernetes.io~host-path",
  async setUp({ volume }) {
    const { path, type = "" } = volume.hostPath!;
    const check = types[type];
    if (!check) throw new VolumeError("invalid", `hostPath type ${JSON.stringify(type)} is not known`);
    if (!path.startsWith("/") || path.split("/").includes("..")) {
      throw new VolumeError("invalid", `hostPath ${JSON.stringify(path)} is not an absolute path without ".."`);
    }
    await check(path);
    return { path };
  },
};
