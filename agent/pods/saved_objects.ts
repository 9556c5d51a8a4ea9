import { getLogger } from "@logtape/logtape";
import type { Clock } from "../../api/clock.ts";
import type { Resource } from "../../api/resource.ts";
import { StatusError } from "../../api/status.ts";
import { writeFileAtomically } from "../../client/files.ts";
import { messageOf } from "./pod_error.ts";

const logger = getLogger(["skiff", "agent", "pods"]);
const maxBytes = 64 * 1024 * 1024;
const settleMilliseconds = 2_000;

/** How an object of the Pod's namespace is called in what the Pod was given. */
export function objectKey({ resource }: Pick<Resource, "resource">, name: string): string {
  return `${resource}/${name}`;
}

interface Saved {
  /** What the objects' keys say, by Pod uid and key. */
  [uid: string]: { [key: string]: unknown };
}

/**
 * What Pods of this node were given besides their spec, on its own disk: a Pod can start again after a loss of power although no server answers. It holds Secrets, and is
 * readable by root alone; a Pod's part goes with the Pod. Written only when something has changed, a moment later, and as a whole.
 */
export class SavedObjects {
  readonly #path: string;
  readonly #clock: Clock;
  #saved: Saved = {};
  #cancel: (() => void) | undefined;
  #writing: Promise<void> = Promise.resolve();

  private constructor(path: string, clock: Clock) {
    this.#path = path;
    this.#clock = clock;
  }

  /** A file that cannot be read is logged, and begun anew. */
  static async open(path: string, clock: Clock): Promise<SavedObjects> {
    const objects = new SavedObjects(path, clock);
    try {
      const { size } = await Deno.stat(path);
      if (size > maxBytes) throw new RangeError(`it has ${size} bytes, more than ${maxBytes}`);
      objects.#saved = JSON.parse(await Deno.readTextFile(path)) as Saved;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) {
        logger.warn("what Pods were given, in {path}, cannot be used: {error}", { path, error: messageOf(error) });
      }
    }
    return objects;
  }

  /** Whether there is something to fall back on. */
  has(uid: string, key: string): boolean {
    return this.#saved[uid]?.[key] !== undefined;
  }

  /** What the server answers, and keeps it; when none does, what it answered last. With `once` the first answer is kept for good. */
  async through<T>(uid: string, key: string, fetch: () => Promise<T>, options: { once?: boolean } = {}): Promise<T> {
    try {
      const answer = await fetch();
      if (!options.once || !this.has(uid, key)) this.#keep(uid, key, answer);
      return answer;
    } catch (error) {
      if (isRefusal(error) || !this.has(uid, key)) throw error;
      logger.info("the server does not answer; the Pod is given {key} as it was last known", { key });
      return this.#saved[uid]![key] as T;
    }
  }

  /** The Pod is no more. */
  release(uid: string): void {
    if (!Object.hasOwn(this.#saved, uid)) return;
    delete this.#saved[uid];
    this.#changed();
  }

  /** Only these Pods are there. */
  retain(uids: ReadonlySet<string>): void {
    for (const uid of Object.keys(this.#saved)) if (!uids.has(uid)) this.release(uid);
  }

  /** Resolves when what has changed is written. */
  async close(): Promise<void> {
    if (this.#cancel !== undefined) {
      this.#cancel();
      this.#write();
    }
    await this.#writing;
  }

  #keep(uid: string, key: string, value: unknown): void {
    if (value === undefined) {
      if (this.has(uid, key)) delete this.#saved[uid]![key];
      else return;
    } else {
      if (JSON.stringify(this.#saved[uid]?.[key]) === JSON.stringify(value)) return;
      (this.#saved[uid] ??= {})[key] = value;
    }
    this.#changed();
  }

  #changed(): void {
    this.#cancel ??= this.#clock.after(settleMilliseconds, () => this.#write());
  }

  #write(): void {
    this.#cancel = undefined;
    this.#writing = this.#writing.then(async () => {
      try {
        await writeFileAtomically(this.#path, JSON.stringify(this.#saved), 0o600);
      } catch (error) {
        logger.warn("what the Pods were given could not be saved to {path}: {error}", {
          path: this.#path,
          error: messageOf(error),
        });
      }
    });
  }
}

/** A server's word, as against the absence of one. */
function isRefusal(error: unknown): boolean {
  return error instanceof StatusError && (error.status.code ?? 0) < 500 && error.status.code !== 429;
}
