import { findTool, SEARCH_PATH } from "../runtime/containerd/host.ts";
import { nodeArchitecture } from "./pause_image.ts";

/** An archive that could not be imported; the message is containerd's. */
export class ImageImportError extends Error {
  override readonly name = "ImageImportError";
  constructor(readonly reason: "brokenArchive" | "noImage" | "failed", message: string, options?: ErrorOptions) {
    super(message, options);
  }
}

/** containerd's own client, for what CRI has no call for. */
export interface Ctr {
  /** Imports and unpacks every image of an archive for this node's platform; answers their names as they were stored. */
  import(archive: ReadableStream<Uint8Array>, signal?: AbortSignal): Promise<readonly string[]>;
  tag(name: string, newName: string): Promise<void>;
  /** Takes the name away, and the image with its last one. */
  remove(name: string): Promise<void>;
  /** Keeps the runtime's own garbage collection and CRI clients from removing it; containerd honours it since 1.7. */
  pin(name: string): Promise<void>;
  /** Writes images to an archive, for this node's platform. */
  export(path: string, names: readonly string[]): Promise<void>;
}

/** `socket` is containerd's; the binary is looked for at the first call. */
export function ctr(socket: string): Ctr {
  let binary: Promise<string> | undefined;

  async function run(args: readonly string[], input?: ReadableStream<Uint8Array>, signal?: AbortSignal) {
    const command = new Deno.Command(await (binary ??= findTool("ctr")), {
      args: ["--address", socket, "--namespace", "k8s.io", "images", ...args],
      env: { PATH: SEARCH_PATH.join(":") },
      stdin: input ? "piped" : "null",
      stdout: "piped",
      stderr: "piped",
      ...(signal ? { signal } : {}),
    });
    const child = command.spawn();
    // When ctr gives up early the pipe breaks; what it said then is the better error. A broken archive errors here.
    let inputFault: unknown;
    const fed = input?.pipeTo(child.stdin).catch((error) => inputFault = error);
    const { success, stdout, stderr } = await child.output();
    await fed;
    const text = new TextDecoder();
    if (success && !inputFault) return text.decode(stdout);
    const said = text.decode(stderr).trim().replace(/^ctr: /, "");
    if (inputFault && !(inputFault instanceof Deno.errors.BrokenPipe)) {
      const why = inputFault instanceof Error ? inputFault.message : String(inputFault);
      throw new ImageImportError("brokenArchive", `cannot be unpacked: ${why}`, { cause: inputFault });
    }
    throw new ImageImportError(/tar|EOF|unrecognized/.test(said) ? "brokenArchive" : "failed", said || "ctr failed");
  }

  return {
    async import(archive, signal) {
      const output = await run(["import", "-"], archive, signal);
      const names = [...output.matchAll(/^unpacking (\S+) \(sha256:/gm)].map(([, name]) => name!);
      if (names.length === 0) throw new ImageImportError("noImage", "holds no image for this node's platform");
      return names;
    },
    async tag(name, newName) {
      await run(["tag", "--force", name, newName]);
    },
    async remove(name) {
      await run(["remove", name]);
    },
    async pin(name) {
      await run(["label", name, "io.cri-containerd.pinned=pinned"]);
    },
    async export(path, names) {
      await run(["export", "--platform", `linux/${nodeArchitecture()}`, path, ...names]);
    },
  };
}
