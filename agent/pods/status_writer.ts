import { getLogger } from "@logtape/logtape";
import type { Clock } from "../../api/clock.ts";
import { pods } from "../../api/resources.ts";
import { isConflict, isNotFound } from "../../api/status.ts";
import type { Pod, PodStatus } from "../../api/types/core_v1.ts";
import type { Client } from "../../client/client.ts";
import { messageOf } from "./pod_error.ts";
import { statusPatch } from "./status_patch.ts";

export interface StatusWriterOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** The API's object of a Pod as last seen, of a static Pod its mirror. `pending`: it will come, and the status is published again then. */
  readonly apiObject: (pod: Pod) => Pod | "pending" | undefined;
}

interface Entry {
  pod: Pod;
  wanted: PodStatus | undefined;
  /** The object as the API answered the last patch, which may be newer than what the watch brought. */
  written: Pod | undefined;
  writing: boolean;
  attempts: number;
  cancel: (() => void) | undefined;
  idle: (() => void)[];
}

const logger = getLogger(["skiff", "agent", "status"]);
const firstRetry = 200;
const lastRetry = 10_000;

/** Brings statuses to the API: only differences, only the newest, one request per Pod at a time, again until it succeeds. */
export class StatusWriter {
  readonly #options: StatusWriterOptions;
  readonly #entries = new Map<string, Entry>();

  constructor(options: StatusWriterOptions) {
    this.#options = options;
  }

  /** Returns at once. A status that comes while another is being written replaces what waits. */
  publish(pod: Pod, status: PodStatus): void {
    const entry = this.#entry(pod);
    entry.pod = pod;
    entry.wanted = status;
    if (!entry.writing && !entry.cancel) this.#write(entry);
  }

  /** Resolves when nothing waits for this Pod: it was written, or its object is no more. */
  async flushed(pod: Pod): Promise<void> {
    const entry = this.#entries.get(pod.metadata.uid ?? "");
    if (!entry || (!entry.writing && entry.wanted === undefined)) return;
    await new Promise<void>((resolve) => entry.idle.push(resolve));
  }

  forget(uid: string): void {
    const entry = this.#entries.get(uid);
    entry?.cancel?.();
    this.#entries.delete(uid);
  }

  #entry(pod: Pod): Entry {
    const uid = pod.metadata.uid ?? "";
    const known = this.#entries.get(uid);
    if (known) return known;
    const entry: Entry = {
      pod,
      wanted: undefined,
      written: undefined,
      writing: false,
      attempts: 0,
      cancel: undefined,
      idle: [],
    };
    this.#entries.set(uid, entry);
    return entry;
  }

  async #write(entry: Entry): Promise<void> {
    const { signal } = this.#options;
    entry.cancel?.();
    entry.cancel = undefined;
    entry.writing = true;
    try {
      while (entry.wanted !== undefined && !signal.aborted) {
        const wanted = entry.wanted;
        const object = this.#newest(entry);
        if (object === "pending") return;
        entry.wanted = undefined;
        if (!object) continue;
        try {
          await this.#send(entry, object, wanted);
          entry.attempts = 0;
        } catch (error) {
          if (isNotFound(error) || isConflict(error)) continue;
          entry.wanted ??= wanted;
          throw error;
        }
      }
    } catch (error) {
      if (!signal.aborted) this.#later(entry, error);
    } finally {
      entry.writing = false;
      if (entry.wanted === undefined) { for (const resolve of entry.idle.splice(0)) resolve(); }
    }
  }

  #newest(entry: Entry): Pod | "pending" | undefined {
    const seen = this.#options.apiObject(entry.pod);
    const { written } = entry;
    if (!seen || seen === "pending" || !written || seen.metadata.uid !== written.metadata.uid) return seen;
    return version(written) > version(seen) ? written : seen;
  }

  async #send(entry: Entry, object: Pod, wanted: PodStatus): Promise<void> {
    const status = statusPatch(object.status ?? {}, wanted);
    if (!status) return;
    const { name = "", namespace = "", uid } = object.metadata;
    // The uid makes the patch fail on another Pod of the same name.
    const patch = { metadata: { uid }, status };
    const options = { subresource: "status", signal: this.#options.signal };
    entry.written = await this.#options.client.patch(pods, { namespace, name }, { type: "strategic", patch }, options);
  }

  #later(entry: Entry, error: unknown): void {
    const delay = Math.min(firstRetry * 2 ** entry.attempts++, lastRetry);
    const { namespace, name } = entry.pod.metadata;
    logger.warn("the status of Pod {pod} could not be written ({error}); next try in {delay} ms", {
      pod: `${namespace}/${name}`,
      error: messageOf(error),
      delay,
    });
    entry.cancel = this.#options.clock.after(delay, () => {
      entry.cancel = undefined;
      this.#write(entry);
    });
  }
}

/** Versions of one store grow, and only their order is asked for here. */
function version(pod: Pod): number {
  return Number(pod.metadata.resourceVersion ?? 0);
}
