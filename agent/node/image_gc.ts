import { getLogger } from "@logtape/logtape";
import type { ContainerRuntime, Image } from "../runtime/contract.ts";
import type { Filesystem } from "./machine.ts";

/** Where removing images begins and where it ends, as shares of the disk: the kubelet's defaults. */
const highShare = 0.85;
const lowShare = 0.8;
/** An image that has just come is about to be used. */
const minimumAge = 120_000;
const minimumPause = 300_000;

const logger = getLogger(["skiff", "agent", "images"]);

/** How many bytes have to go for the disk to be below the low mark; 0 while it is below the high one. */
export function bytesToFree({ totalBytes, availableBytes }: Filesystem): number {
  const used = totalBytes - availableBytes;
  return used < highShare * totalBytes ? 0 : Math.ceil(used - lowShare * totalBytes);
}

export interface ImageUse {
  readonly image: Image;
  /** Milliseconds since the epoch: when it was last seen in use, or first seen at all. */
  readonly usedAt: number;
  readonly seenAt: number;
}

/** Which images to remove to free so many bytes: those unused for the longest time, never young ones. May come to less. */
export function chooseImages(unused: readonly ImageUse[], bytes: number, now: number): Image[] {
  const chosen: Image[] = [];
  let freed = 0;
  for (const { image, seenAt } of [...unused].sort((a, b) => a.usedAt - b.usedAt)) {
    if (freed >= bytes) break;
    if (now - seenAt < minimumAge) continue;
    chosen.push(image);
    freed += image.bytes;
  }
  return chosen;
}

export interface ImageCollectorOptions {
  readonly runtime: ContainerRuntime;
  /** Names of images that could not be had again: they are never removed. */
  readonly pinned: () => ReadonlySet<string>;
  /** It was not possible to free enough. */
  readonly failed: (message: string) => void;
}

/** Removes images that no container uses when the disk is nearly full. Asked with each look at the node; does nothing else. */
export class ImageCollector {
  readonly #options: ImageCollectorOptions;
  readonly #seen = new Map<string, { usedAt: number; readonly seenAt: number }>();
  #ranAt = -Infinity;

  constructor(options: ImageCollectorOptions) {
    this.#options = options;
  }

  async check(filesystem: Filesystem, now: number, signal: AbortSignal): Promise<void> {
    const bytes = bytesToFree(filesystem);
    if (bytes === 0 || now - this.#ranAt < minimumPause) return;
    this.#ranAt = now;
    const { runtime, failed } = this.#options;
    const unused = await this.#unused(now, signal);
    let freed = 0;
    for (const image of chooseImages(unused, bytes, now)) {
      await runtime.images.remove(image.id, signal);
      this.#seen.delete(image.id);
      freed += image.bytes;
      logger.info("removed image {image}, {bytes} bytes: the disk is nearly full", {
        image: image.tags[0] ?? image.id,
        bytes: image.bytes,
      });
    }
    if (freed < bytes) {
      failed(`${bytes} bytes of images should go to free the disk, ${freed} could: the others are in use or pinned`);
    }
  }

  async #unused(now: number, signal: AbortSignal): Promise<ImageUse[]> {
    const { runtime, pinned } = this.#options;
    const [images, containers] = await Promise.all([
      runtime.images.list(signal),
      runtime.containers(undefined, signal),
    ]);
    const used = new Set(containers.flatMap(({ image, imageId }) => [image, imageId]));
    const kept = pinned();
    const present = new Set(images.map(({ id }) => id));
    for (const id of this.#seen.keys()) if (!present.has(id)) this.#seen.delete(id);
    return images.flatMap((image) => {
      const names = [image.id, ...image.tags, ...image.digests];
      const known = this.#seen.get(image.id) ?? { usedAt: now, seenAt: now };
      this.#seen.set(image.id, known);
      if (names.some((name) => used.has(name))) {
        known.usedAt = now;
        return [];
      }
      return image.pinned || names.some((name) => kept.has(name)) ? [] : [{ image, ...known }];
    });
  }
}
