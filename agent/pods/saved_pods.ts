import { getLogger } from "@logtape/logtape";
import type { Clock } from "../../api/clock.ts";
import type { Pod } from "../../api/types/core_v1.ts";
import { messageOf } from "./pod_error.ts";

const logger = getLogger(["skiff", "agent", "pods"]);
/** Pods beyond it are left out; a node runs a tenth of that. */
const maxPods = 1000;
const maxBytes = 64 * 1024 * 1024;
const settleMilliseconds = 2_000;

/**
 * The Pods of this node on its own disk: an agent that cannot reach its server after a restart goes on with them. Written only when a Pod has come,
 * gone or got another spec, a moment later, and as a whole.
 */
export class SavedPods {
  readonly #path: string;
  readonly #clock: Clock;
  #written = "";
  #cancel: (() => void) | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(path: string, clock: Clock) {
    this.#path = path;
    this.#clock = clock;
  }

  /** Empty when there is no file, or none that can be read: that is logged. */
  async load(): Promise<readonly Pod[]> {
    try {
      const { size } = await Deno.stat(this.#path);
      if (size > maxBytes) throw new RangeError(`it has ${size} bytes, more than ${maxBytes}`);
      const parsed: unknown = JSON.parse(await Deno.readTextFile(this.#path));
      return Array.isArray(parsed) ? parsed as Pod[] : [];
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) {
        logger.warn("the saved Pods in {path} cannot be used: {error}", { path: this.#path, error: messageOf(error) });
      }
      return [];
    }
  }

  /** `current` is asked when the time has come. */
  changed(current: () => readonly Pod[]): void {
    this.#cancel ??= this.#clock.after(settleMilliseconds, () => {
      this.#cancel = undefined;
      this.#writing = this.#writing.then(() => this.#save(current()));
    });
  }

  /** Resolves when nothing is being written any more. */
  async close(): Promise<void> {
    this.#cancel?.();
    await this.#writing;
  }

  async #save(pods: readonly Pod[]): Promise<void> {
    const kept = pods.slice(0, maxPods);
    const key = kept.map(({ metadata }) =>
      `${metadata.uid}:${metadata.generation ?? 0}:${metadata.deletionTimestamp ?? ""}`
    )
      .sort().join("\n");
    if (key === this.#written) return;
    try {
      await Deno.writeTextFile(`${this.#path}.new`, JSON.stringify(kept), { mode: 0o600 });
      await Deno.rename(`${this.#path}.new`, this.#path);
      this.#written = key;
    } catch (error) {
      logger.warn("the Pods of this node could not be saved to {path}: {error}", {
        path: this.#path,
        error: messageOf(error),
      });
    }
  }
}
