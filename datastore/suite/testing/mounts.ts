import { until } from "./wait.ts";

/** A small file system of its own, for tests; needs root. */
export interface TmpfsMount extends AsyncDisposable {
  readonly directory: string;
  /** Refused by the kernel while a file is open for writing. */
  remount(option: "ro" | "rw"): Promise<void>;
}

export interface LoopMount extends AsyncDisposable {
  readonly directory: string;
  /** Lets the kernel find an error in the file system, which it then makes read-only, open files included. */
  fail(): Promise<void>;
  /** Takes it away from its directory; files that are open can be used on. */
  unmount(): Promise<void>;
  /** Once nobody has a file of it open, repairs it and mounts it again. */
  mountAnew(): Promise<void>;
}

export async function mountTmpfs(size: string): Promise<TmpfsMount> {
  const directory = await Deno.makeTempDir({ prefix: "skiff-datastore-" });
  await run("mount", "-t", "tmpfs", "-o", `size=${size}`, "tmpfs", directory);
  return {
    directory,
    remount: async (option) => void await run("mount", "-o", `remount,${option}`, directory),
    [Symbol.asyncDispose]: () => unmount(directory),
  };
}

/** An ext4, as a flash card has it, in a file of so many bytes (`16M`). */
export async function mountLoop(size: string): Promise<LoopMount> {
  const image = await Deno.makeTempFile({ prefix: "skiff-datastore-", suffix: ".img" });
  const directory = await Deno.makeTempDir({ prefix: "skiff-datastore-" });
  await run("truncate", "--size", size, image);
  await run("mkfs.ext4", "-q", image);
  const mount = () => run("mount", "-o", "loop,errors=remount-ro", image, directory);
  await mount();
  return {
    directory,
    async fail() {
      const device = (await run("findmnt", "-no", "SOURCE", directory)).trim().replace("/dev/", "");
      await Deno.writeTextFile(`/sys/fs/ext4/${device}/trigger_fs_error`, "1");
    },
    unmount: async () => void await run("umount", "-l", directory),
    async mountAnew() {
      await until("nobody has a file open", async () => await run("losetup", "--associated", image) === "");
      // It ends with 1 when it has repaired something.
      await run("sh", "-c", 'e2fsck -p "$0" || [ $? = 1 ]', image);
      await mount();
    },
    async [Symbol.asyncDispose]() {
      // A test that failed may have left it unmounted.
      await run("umount", "-l", directory).catch(() => {});
      await Deno.remove(directory, { recursive: true });
      await Deno.remove(image);
    },
  };
}

async function unmount(directory: string): Promise<void> {
  await run("umount", "-l", directory);
  await Deno.remove(directory);
}

async function run(command: string, ...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(command, { args }).output();
  const shown = new TextDecoder().decode(stderr);
  if (!success) throw new Error(`${command} ${args.join(" ")}: ${shown}`);
  return new TextDecoder().decode(stdout);
}
