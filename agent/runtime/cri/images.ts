import { type ImageService, RuntimeError } from "../contract.ts";
import type { CallOptions } from "./channel.ts";
import type { Fields } from "./descriptor.ts";
import { toPullError } from "./errors.ts";
import { toImage } from "./from_cri.ts";
import { registryAuth } from "./to_cri.ts";

/** Calls one method of a service by its name. */
export type Call = (method: string, fields: Fields, options: CallOptions) => Promise<Fields>;

const QUICK = 10_000;
/** Deleting large images keeps a slow card busy. */
const REMOVE = 120_000;
const PULL = 3_600_000;

/** The `ImageService` part of CRI. */
export function criImages(call: Call): ImageService {
  return {
    async get(image, signal) {
      const answer = await call("ImageStatus", { image: { image } }, { timeout: QUICK, signal });
      return answer.image ? toImage(answer.image as Fields) : undefined;
    },
    async list(signal) {
      const answer = await call("ListImages", {}, { timeout: QUICK, signal });
      return (answer.images as Fields[]).map(toImage);
    },
    async pull(image, auth, signal) {
      try {
        const answer = await call("PullImage", {
          image: { image },
          ...(auth ? { auth: registryAuth(auth) } : {}),
        }, { timeout: PULL, signal });
        return answer.imageRef as string;
      } catch (error) {
        throw error instanceof RuntimeError ? toPullError(error) : error;
      }
    },
    async remove(image, signal) {
      await call("RemoveImage", { image: { image } }, { timeout: REMOVE, signal });
    },
    async filesystem(signal) {
      const answer = await call("ImageFsInfo", {}, { timeout: QUICK, signal });
      type Counted = { value: number } | null;
      const [usage] = answer.imageFilesystems as {
        fsId: { mountpoint: string } | null;
        usedBytes: Counted;
        inodesUsed: Counted;
      }[];
      return {
        path: usage?.fsId?.mountpoint ?? "",
        usedBytes: usage?.usedBytes?.value ?? 0,
        usedInodes: usage?.inodesUsed?.value ?? 0,
      };
    },
  };
}
