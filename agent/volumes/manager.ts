import type { Pod } from "../../api/types/core_v1.ts";
import { pluginFor } from "./all.ts";
import { VolumeError, type VolumeReady, type Volumes, type VolumeSources } from "./contract.ts";
import { mounts, unmountBelow } from "./mount.ts";
import { bindSubPath } from "./sub_path.ts";

export interface VolumeManagerOptions {
  /** Each Pod has a directory in it, named by its uid. */
  readonly podsRoot: string;
  readonly sources: VolumeSources;
  /** The Pod has no volumes any more: nothing is to be watched for it. */
  readonly released?: (uid: string) => void;
}

/** The volumes of a node's Pods, laid out as the kubelet does: `UID/volumes/PLUGIN/NAME`, `UID/volume-subpaths/NAME/CONTAINER/INDEX`. */
export function createVolumes(options: VolumeManagerOptions): Volumes {
  return new VolumeManager(options);
}

class VolumeManager implements Volumes {
  readonly #options: VolumeManagerOptions;
  readonly #ready = new Map<string, Map<string, VolumeReady>>();

  constructor(options: VolumeManagerOptions) {
    this.#options = options;
  }

  async setUp(pod: Pod, signal: AbortSignal): Promise<number | undefined> {
    const uid = pod.metadata.uid ?? "";
    const ready = this.#ready.get(uid) ?? new Map<string, VolumeReady>();
    this.#ready.set(uid, ready);
    let refreshAt: number | undefined;
    const results = await Promise.allSettled((pod.spec.volumes ?? []).map(async (declared) => {
      const { plugin, volume } = pluginFor(declared);
      const directory = `${this.#directory(uid)}/volumes/${plugin.directory}/${volume.name}`;
      const made = await plugin.setUp({ pod, volume, directory, sources: this.#options.sources, signal });
      ready.set(volume.name, made);
      if (made.refreshAt !== undefined) refreshAt = Math.min(made.refreshAt, refreshAt ?? Infinity);
    }));
    signal.throwIfAborted();
    const failed = results.find((result) => result.status === "rejected");
    if (!failed) return refreshAt;
    if (failed.reason instanceof VolumeError) throw failed.reason;
    throw new VolumeError("failed", (failed.reason as Error).message, { cause: failed.reason });
  }

  path(pod: Pod, volume: string): VolumeReady | undefined {
    return this.#ready.get(pod.metadata.uid ?? "")?.get(volume);
  }

  async subPath(pod: Pod, volume: string, container: string, index: number, subPath: string): Promise<string> {
    const source = this.path(pod, volume);
    if (!source) throw new VolumeError("failed", `volume "${volume}" is not ready`);
    const target = `${this.#directory(pod.metadata.uid ?? "")}/volume-subpaths/${volume}/${container}/${index}`;
    await bindSubPath(source.path, subPath, target);
    return target;
  }

  async tearDown(uid: string): Promise<void> {
    const directory = this.#directory(uid);
    await unmountBelow(directory);
    // Never into what is still mounted: it would empty the user's own directory.
    for (const part of ["volume-subpaths", "volumes"]) await removeUnmounted(`${directory}/${part}`);
    this.#ready.delete(uid);
    this.#options.released?.(uid);
  }

  #directory(uid: string): string {
    return `${this.#options.podsRoot}/${uid}`;
  }
}

async function removeUnmounted(directory: string): Promise<void> {
  const left = (await mounts()).find(({ path }) => path === directory || path.startsWith(`${directory}/`));
  if (left) throw new VolumeError("failed", `${left.path} is still mounted`);
  try {
    await Deno.remove(directory, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
