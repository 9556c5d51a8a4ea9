import { getLogger } from "@logtape/logtape";
import { type Clock, systemClock } from "../../api/clock.ts";
import { findCondition } from "../../api/meta/conditions.ts";
import { deepEqual } from "../../api/meta/deep_equal.ts";
import { nodes } from "../../api/resources.ts";
import { isAlreadyExists, isNotFound } from "../../api/status.ts";
import type { Node, NodeStatus } from "../../api/types/core_v1.ts";
import type { Client } from "../../client/client.ts";
import { pause } from "../../client/pause.ts";
import type { ContainerRuntime, Image, RuntimeVersion } from "../runtime/contract.ts";
import { ImageCollector } from "./image_gc.ts";
import { NodeLease } from "./lease.ts";
import { availableMemory, type Machine, readFilesystem, readMachine } from "./machine.ts";
import { nodeConditions, type Observation } from "./node_conditions.ts";
import { newNode, nodeFacts, nodeLabels, type NodeOptions } from "./node_object.ts";

export interface RegisterNodeOptions extends NodeOptions {
  readonly client: Client;
  readonly runtime: ContainerRuntime;
  /** Where images, logs and volumes lie: its filesystem counts as the node's. */
  readonly dataDirectory: string;
  /** What besides the runtime must be ready: answers why it is not, in words, or undefined. */
  readonly notReady?: () => string | undefined;
  /**
   * Names of images that must stay: those that came from files and could not be had again, and the sandboxes' own. With it, images that no container uses are removed when the disk
   * is nearly full; without it, none ever is.
   */
  readonly pinnedImages?: () => ReadonlySet<string>;
  readonly clock?: Clock;
  /** Ends the heartbeat. */
  readonly signal: AbortSignal;
}

export interface NodeAgent {
  /** The Node as last answered by the API. */
  readonly node: Node;
  /** Looks at the node and reports it now, not only at the next beat: its readiness or its images have changed. */
  poke(): void;
  /** Resolves when the node was reported Ready for the first time. */
  ready: Promise<void>;
  /** Resolves when the heartbeat has ended after the signal. */
  closed: Promise<void>;
}

const logger = getLogger(["skiff", "agent", "node"]);
const beat = 10_000;
/** Until the node is Ready it is looked at more often: its user waits. */
const eagerBeat = 250;
const fullReport = 300_000;
/** Less than what the server waits before it judges, 40 s. */
const silence = 30_000;
/** So long a node that was Ready is not called anything else while its agent comes up: its containers have run on. */
const comingUp = 20_000;
const registrationRetry = { first: 200, last: 7_000 };

/** Makes the node known to the API, then keeps its Lease and its status. Resolves when the Node exists; rejects only for bad options. */
export async function registerNode(options: RegisterNodeOptions): Promise<NodeAgent> {
  const clock = options.clock ?? systemClock();
  const machine = await readMachine();
  const node = await ensureNode({ ...options, clock }, machine);
  return new Heartbeat(options, machine, clock, node);
}

/** The Node, made where there is none, with the labels of this start. Tries until the API answers; rejects only for bad options. */
export async function ensureNode(
  options: NodeOptions & { readonly client: Client; readonly clock: Clock; readonly signal: AbortSignal },
  machine: Machine,
): Promise<Node> {
  const { client, clock, signal } = options;
  const wanted = newNode(options, machine);
  for (let delay = registrationRetry.first;; delay = Math.min(delay * 2, registrationRetry.last)) {
    try {
      return await createOrAdopt(client, wanted, nodeLabels(options, machine), signal);
    } catch (error) {
      signal.throwIfAborted();
      logger.warn("the node {node} could not be registered ({error}); next try in {delay} ms", {
        node: options.name,
        error: (error as Error).message,
        delay,
      });
      await pause(clock, delay, signal);
    }
  }
}

async function createOrAdopt(
  client: Client,
  wanted: Node,
  labels: Record<string, string>,
  signal: AbortSignal,
): Promise<Node> {
  const name = wanted.metadata.name ?? "";
  let known: Node;
  try {
    known = await client.get(nodes, { name }, { signal });
  } catch (error) {
    if (!isNotFound(error)) throw error;
    try {
      return await client.create(nodes, wanted, { signal });
    } catch (raced) {
      if (!isAlreadyExists(raced)) throw raced;
      known = await client.get(nodes, { name }, { signal });
    }
  }
  const missing = Object.entries(labels).filter(([key, value]) => known.metadata.labels?.[key] !== value);
  // What users did to taints and schedulability since is theirs.
  const podCIDR = known.spec?.podCIDR ? undefined : wanted.spec?.podCIDR;
  if (missing.length === 0 && podCIDR === undefined) return known;
  const patch = {
    metadata: { labels: Object.fromEntries(missing) },
    ...(podCIDR === undefined ? {} : { spec: { podCIDR, podCIDRs: [podCIDR] } }),
  };
  return await client.patch(nodes, { name }, { type: "strategic", patch }, { signal });
}

class Heartbeat implements NodeAgent {
  readonly ready: Promise<void>;
  readonly closed: Promise<void>;
  readonly #options: RegisterNodeOptions;
  readonly #machine: Machine;
  readonly #clock: Clock;
  readonly #lease: NodeLease;
  readonly #images: ImageCollector | undefined;
  readonly #isReady = Promise.withResolvers<void>();
  #node: Node;
  #version: RuntimeVersion | undefined;
  #imageList: readonly Image[] = [];
  readonly #startedAt: number;
  #reportedAt = -Infinity;
  #renewedAt = -Infinity;
  #wake: () => void = () => {};
  #poked = false;

  constructor(options: RegisterNodeOptions, machine: Machine, clock: Clock, node: Node) {
    this.#options = options;
    this.#machine = machine;
    this.#clock = clock;
    this.#startedAt = clock.now();
    this.#node = node;
    this.#lease = new NodeLease(options.client, clock);
    const { runtime, pinnedImages: pinned } = options;
    const failed = (message: string) => logger.warn("{message}", { message });
    this.#images = pinned && new ImageCollector({ runtime, pinned, failed });
    this.ready = this.#isReady.promise;
    // Nobody has to wait for it.
    this.ready.catch(() => {});
    this.closed = this.#run();
  }

  get node(): Node {
    return this.#node;
  }

  poke(): void {
    this.#poked = true;
    this.#wake();
  }

  async #run(): Promise<void> {
    const { signal } = this.#options;
    let isReady = false;
    while (!signal.aborted) {
      const poked = this.#poked;
      this.#poked = false;
      isReady = await this.#attempt("reported", () => this.#report(poked), isReady);
      if (this.#clock.now() - this.#renewedAt >= beat) {
        await this.#attempt("renewed", async () => {
          // A Lease goes with its Node: that is to be made anew first.
          if (await this.#lease.renew(this.#node, signal)) this.#renewedAt = this.#clock.now();
          else this.#poked = true;
        }, undefined);
      }
      if (isReady) this.#isReady.resolve();
      if (!this.#poked) await this.#pause(isReady ? beat : eagerBeat);
    }
    this.#isReady.reject(signal.reason);
  }

  async #attempt<T>(what: string, work: () => Promise<T>, otherwise: T): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (!this.#options.signal.aborted) {
        logger.warn("the node could not be {what}: {error}", { what, error: (error as Error).message });
      }
      return otherwise;
    }
  }

  async #pause(milliseconds: number): Promise<void> {
    const stop = new AbortController();
    this.#wake = () => stop.abort(new Error("poked"));
    await pause(this.#clock, milliseconds, AbortSignal.any([this.#options.signal, stop.signal])).catch(() => {});
  }

  /** Answers whether the node is Ready. */
  async #report(poked: boolean): Promise<boolean> {
    const { client, signal, name } = this.#options;
    const now = this.#clock.now();
    const seen = await this.#observe();
    const conditions = nodeConditions(seen, this.#node.status?.conditions, now);
    if (seen.runtimeError === undefined) await this.#images?.check(seen.filesystem, now, signal);
    // After a silence the server may have declared the node Unknown, which a Lease alone does not take back.
    const wasSilent = now - this.#renewedAt >= silence;
    const isDue = wasSilent || now - this.#reportedAt >= fullReport;
    const isReady = conditions.some(({ type, status }) => type === "Ready" && status === "True");
    const isComingUp = this.#reportedAt === -Infinity && now - this.#startedAt < comingUp;
    if (isComingUp && !isReady && findCondition(this.#node.status?.conditions, "Ready")?.status === "True") {
      return false;
    }
    const sameConditions = conditions.every((condition) => {
      const old = this.#node.status?.conditions?.find(({ type }) => type === condition.type);
      return old?.status === condition.status && old.reason === condition.reason && old.message === condition.message;
    });
    if (sameConditions && !isDue && !poked) return isReady;
    if (seen.runtimeError === undefined) {
      this.#version ??= await this.#options.runtime.version(signal);
      this.#imageList = await this.#options.runtime.images.list(signal);
    }
    const facts = nodeFacts(this.#options, this.#machine, seen.filesystem, this.#version, this.#imageList);
    const status = { ...changed(this.#node.status ?? {}, facts), conditions };
    try {
      this.#node = await client.patch(nodes, { name }, { type: "strategic", patch: { status } }, {
        subresource: "status",
        signal,
      });
    } catch (error) {
      if (!isNotFound(error)) throw error;
      // Deleted by hand: a node that runs belongs into the API.
      this.#node = await client.create(nodes, newNode(this.#options, this.#machine), { signal });
      return false;
    }
    this.#reportedAt = now;
    return isReady;
  }

  async #observe(): Promise<Observation> {
    const { runtime, dataDirectory, notReady, signal } = this.#options;
    let runtimeError: string | undefined;
    const conditions = await runtime.status(signal).catch((error) => {
      signal.throwIfAborted();
      runtimeError = (error as Error).message;
      return [];
    });
    return {
      runtimeError,
      runtime: conditions,
      notReady: notReady?.(),
      availableMemoryBytes: availableMemory(),
      filesystem: await readFilesystem(dataDirectory),
      freePids: await freePids(),
    };
  }
}

/** Lists are replaced by patches only where they say so. */
function changed(before: NodeStatus, after: NodeStatus): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(after)) {
    const old = before[key as keyof NodeStatus];
    if (deepEqual(old, value)) continue;
    fields[key] = key === "addresses" && Array.isArray(old) && old.length > 0
      ? [{ $patch: "replace" }, ...value as unknown[]]
      : value;
  }
  return fields;
}

async function freePids(): Promise<number | undefined> {
  const [limit, load] = await Promise.all([
    Deno.readTextFile("/proc/sys/kernel/pid_max").catch(() => ""),
    Deno.readTextFile("/proc/loadavg").catch(() => ""),
  ]);
  const running = /\/(\d+)/.exec(load)?.[1];
  return limit && running ? Number(limit) - Number(running) : undefined;
}
