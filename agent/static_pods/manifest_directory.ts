import { getLogger } from "@logtape/logtape";
import type { Clock } from "../../api/clock.ts";
import type { Pod } from "../../api/types/core_v1.ts";
import { annotationKeys } from "../pods/labels.ts";
import { type Manifest, ManifestError, readManifest } from "./read_manifest.ts";
import { formatTime } from "../../api/meta/time.ts";

export interface ManifestDirectoryOptions {
  readonly directory: string;
  readonly nodeName: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** All static Pods, whenever the files say something new. */
  readonly changed: (pods: readonly Pod[]) => void;
  /** A file that cannot be used; told once for each of its contents. */
  readonly failed?: (path: string, message: string) => void;
}

interface Known {
  readonly text: string;
  readonly pods: readonly Pod[];
}

const logger = getLogger(["skiff", "agent", "static-pods"]);
/** Editors and copies write in several steps; what is read in between would be half a file. */
const settleMilliseconds = 100;
const maxFileBytes = 3 * 1024 * 1024;
const maxFiles = 1000;

/** Reads the directory's manifests now and whenever they change. Resolves after the first reading; watching ends with the signal. */
export async function watchManifests(options: ManifestDirectoryOptions): Promise<{ readonly closed: Promise<void> }> {
  await Deno.mkdir(options.directory, { recursive: true });
  // Watched before it is read, so that no change falls in between.
  const watcher = Deno.watchFs(options.directory, { recursive: false });
  options.signal.addEventListener("abort", () => watcher.close(), { once: true });
  const reader = new ManifestReader(options);
  await reader.read();
  return { closed: follow(watcher, reader, options) };
}

async function follow(
  watcher: Deno.FsWatcher,
  reader: ManifestReader,
  { clock, directory }: ManifestDirectoryOptions,
): Promise<void> {
  let settling: (() => void) | undefined;
  let reading: Promise<void> = Promise.resolve();
  for await (const event of watcher) {
    if (event.kind === "access") continue;
    settling?.();
    settling = clock.after(settleMilliseconds, () => {
      reading = reading.then(() => reader.read()).catch((error) => {
        logger.error("the directory {directory} cannot be read: {error}", { directory, error: error.message });
      });
    });
  }
  settling?.();
  await reading;
}

class ManifestReader {
  readonly #options: ManifestDirectoryOptions;
  #known = new Map<string, Known>();
  #announced = "";

  constructor(options: ManifestDirectoryOptions) {
    this.#options = options;
  }

  async read(): Promise<void> {
    const { directory, changed, signal } = this.#options;
    const files = new Map<string, Known>();
    for (const path of await manifestPaths(directory)) {
      const file = await this.#readFile(path);
      if (file) files.set(path, file);
    }
    if (signal.aborted) return;
    this.#known = files;
    const pods = this.#withoutDuplicates();
    const key = pods.map(({ metadata }) => metadata.uid).join();
    if (key === this.#announced) return;
    this.#announced = key;
    changed(pods);
  }

  async #readFile(path: string): Promise<Known | undefined> {
    let text: string;
    try {
      const { size, isFile } = await Deno.stat(path);
      if (!isFile) return undefined;
      if (size > maxFileBytes) throw new RangeError(`it has ${size} bytes, more than ${maxFileBytes}`);
      text = await Deno.readTextFile(path);
    } catch (error) {
      // Removed while the directory was read.
      if (error instanceof Deno.errors.NotFound) return undefined;
      this.#fail(path, `${path}: cannot be read: ${(error as Error).message}`);
      return this.#known.get(path);
    }
    const before = this.#known.get(path);
    if (before?.text === text) return before;
    try {
      const { pods, warnings } = await this.#parse(text, path);
      for (const warning of warnings) logger.warn("{warning}; the field is ignored", { warning });
      const seen = formatTime(this.#options.clock.now());
      return { text, pods: pods.map((pod) => withSeen(pod, seen)) };
    } catch (error) {
      this.#fail(path, (error as Error).message);
      // What ran before the mistake runs on.
      return { text, pods: before?.pods ?? [] };
    }
  }

  async #parse(text: string, path: string): Promise<Manifest> {
    return text.trim() === "" ? { pods: [], warnings: [] } : await readManifest(text, path, this.#options.nodeName);
  }

  /** Of two Pods with one name the one in the first file, by name, is run. */
  #withoutDuplicates(): Pod[] {
    const byName = new Map<string, { pod: Pod; path: string }>();
    for (const [path, { pods }] of [...this.#known].sort(([a], [b]) => a < b ? -1 : 1)) {
      for (const pod of pods) {
        const name = `${pod.metadata.namespace}/${pod.metadata.name}`;
        const first = byName.get(name);
        if (!first) byName.set(name, { pod, path });
        else {this.#fail(
            path,
            new ManifestError("duplicate", `${path}: Pod ${name} is in ${first.path} already`).message,
          );}
      }
    }
    return [...byName.values()].map(({ pod }) => pod);
  }

  #fail(path: string, message: string): void {
    logger.error("static Pod manifest: {message}", { message });
    this.#options.failed?.(path, message);
  }
}

function withSeen(pod: Pod, seen: string): Pod {
  const annotations = { ...pod.metadata.annotations, [annotationKeys.configSeen]: seen };
  return { ...pod, metadata: { ...pod.metadata, annotations } };
}

async function manifestPaths(directory: string): Promise<string[]> {
  const names: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(directory)) {
    if (!isDirectory && !name.startsWith(".") && /\.(ya?ml|json)$/.test(name)) names.push(name);
  }
  if (names.length > maxFiles) {
    logger.error("{directory} holds {count} manifests, more than {maxFiles}; the others are not run", {
      directory,
      count: names.length,
      maxFiles,
    });
  }
  return names.sort().slice(0, maxFiles).map((name) => `${directory}/${name}`);
}
