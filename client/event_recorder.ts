import { getLogger } from "@logtape/logtape";
import type { Clock } from "../api/clock.ts";
import { formatTime } from "../api/meta/time.ts";
import type { KubeObject } from "../api/resource.ts";
import { events } from "../api/resources.ts";
import { isNotFound, isTransient, StatusError } from "../api/status.ts";
import type { Event, ObjectReference } from "../api/types/core_v1.ts";
import type { Client } from "./client.ts";
import { type Correlated, EventCorrelator } from "./event_correlator.ts";
import { pause } from "./pause.ts";

export type EventType = "Normal" | "Warning";

/** Tells users what happened to an object. */
export interface EventRecorder {
  /**
   * Returns at once; whether and when the event is written is not known. `about` is an object with its `kind`, or a reference to one, whose
   * `fieldPath` may name a container: `spec.containers{web}`.
   */
  event(about: KubeObject | ObjectReference, type: EventType, reason: string, message: string): void;
}

export interface EventRecorderOptions {
  readonly clock: Clock;
  /** Ends the writing; what waits then is dropped. */
  readonly signal: AbortSignal;
  /** Who reports: `deployment-controller`, `kubelet`. */
  readonly component: string;
  /** The node that reports, for a node's agent. */
  readonly host?: string;
}

/** Events beyond it are dropped, the newest first. */
const maxWaiting = 1000;
const maxAttempts = 5;
const maxMessageLength = 1024;

const logger = getLogger(["skiff", "client", "events"]);

/**
 * A recorder that writes through `client`, one event at a time. Equal events become one with a count, similar ones are combined, and an
 * object that causes too many is cut short, all as client-go does it (`EventCorrelator`).
 */
export function createEventRecorder(client: Client, options: EventRecorderOptions): EventRecorder {
  const writer = new EventWriter(client, options);
  return {
    event(about, type, reason, message) {
      const reference = "metadata" in about ? referenceTo(about) : about;
      if (!reference.kind || !reference.name) {
        logger.warn("event {reason} ({message}) is about an object without kind or name and was dropped", {
          reason,
          message,
        });
        return;
      }
      writer.enqueue(reference, type, reason, message.slice(0, maxMessageLength));
    },
  };
}

/** The reference to an object that carries its own kind, as the API answers them. */
export function referenceTo(object: KubeObject): ObjectReference {
  const { namespace, name, uid, resourceVersion } = object.metadata;
  return {
    ...(object.kind === undefined ? {} : { kind: object.kind }),
    ...(namespace === undefined ? {} : { namespace }),
    ...(name === undefined ? {} : { name }),
    ...(uid === undefined ? {} : { uid }),
    ...(object.apiVersion === undefined ? {} : { apiVersion: object.apiVersion }),
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
  };
}

class EventWriter {
  readonly #client: Client;
  readonly #options: EventRecorderOptions;
  readonly #correlator = new EventCorrelator();
  readonly #waiting: Event[] = [];
  #writing = false;
  #lastStamp = 0;

  constructor(client: Client, options: EventRecorderOptions) {
    this.#client = client;
    this.#options = options;
  }

  enqueue(about: ObjectReference, type: EventType, reason: string, message: string): void {
    if (this.#options.signal.aborted) return;
    if (this.#waiting.length >= maxWaiting) {
      logger.debug("too many events wait to be written; {reason} of {kind} {name} was dropped", { reason, ...about });
      return;
    }
    this.#waiting.push(this.#newEvent(about, type, reason, message));
    if (!this.#writing) this.#writeAll();
  }

  #newEvent(about: ObjectReference, type: EventType, reason: string, message: string): Event {
    const { clock, component, host } = this.#options;
    const now = formatTime(clock.now());
    // Unique among the events of the process, so that two of one object in the same millisecond do not collide.
    this.#lastStamp = Math.max(this.#lastStamp + 1, clock.now() * 1000);
    return {
      apiVersion: "v1",
      kind: "Event",
      metadata: { name: `${about.name}.${this.#lastStamp.toString(16)}`, namespace: about.namespace || "default" },
      involvedObject: about,
      reason,
      message,
      type,
      source: { component, ...(host === undefined ? {} : { host }) },
      firstTimestamp: now,
      lastTimestamp: now,
      count: 1,
      reportingComponent: component,
      reportingInstance: host ?? "",
    };
  }

  async #writeAll(): Promise<void> {
    this.#writing = true;
    try {
      for (let event = this.#waiting.shift(); event !== undefined; event = this.#waiting.shift()) {
        const correlated = this.#correlator.correlate(event, this.#options.clock.now());
        if (correlated.action !== "drop") await this.#write(correlated);
        if (this.#options.signal.aborted) this.#waiting.length = 0;
      }
    } finally {
      this.#writing = false;
    }
  }

  async #write(correlated: Correlated & { action: "create" | "patch" }): Promise<void> {
    const { signal } = this.#options;
    for (let attempt = 1; !signal.aborted; attempt++) {
      try {
        this.#correlator.written(correlated.series, await this.#send(correlated));
        return;
      } catch (error) {
        if (signal.aborted) return;
        if (!isTransient(error) || attempt === maxAttempts) return this.#giveUp(correlated.event, error);
        await pause(this.#options.clock, 1000 * 2 ** attempt, signal).catch(() => {});
      }
    }
  }

  async #send({ action, event }: Correlated & { action: "create" | "patch" }): Promise<Event> {
    const { signal } = this.#options;
    if (action === "create") return await this.#client.create(events, event, { signal });
    const { namespace = "default", name = "" } = event.metadata;
    const { count, message, lastTimestamp } = event;
    try {
      const patch = { count, message, lastTimestamp };
      return await this.#client.patch(events, { namespace, name }, { type: "merge", patch }, { signal });
    } catch (error) {
      if (!isNotFound(error)) throw error;
      // It outlived its time to live: the series goes on in a new event.
      const { resourceVersion: _, uid: __, ...metadata } = event.metadata;
      return await this.#client.create(events, { ...event, metadata }, { signal });
    }
  }

  /** An event is never worth more than a line in the log: a namespace that is being deleted refuses them all. */
  #giveUp(event: Event, error: unknown): void {
    const expected = error instanceof StatusError && (error.reason === "Forbidden" || error.reason === "NotFound");
    const facts = { reason: event.reason, about: event.involvedObject.name, error: (error as Error).message };
    if (expected) logger.debug("event {reason} of {about} was refused: {error}", facts);
    else logger.warn("event {reason} of {about} could not be written: {error}", facts);
  }
}
