import { ManualClock } from "../../../api/clock.ts";
import type { KubeObject, Resource } from "../../../api/resource.ts";
import { nodes, pods } from "../../../api/resources.ts";
import { formatTime } from "../../../api/meta/time.ts";
import type { Pod } from "../../../api/types/core_v1.ts";
import { createEventRecorder } from "../../../client/event_recorder.ts";
import { createInformerFactory } from "../../../client/informers.ts";
import { MemoryClient } from "../../../client/testing/memory_client.ts";
import type { Controller, ControllerContext } from "../contract.ts";
import { ControllerMetrics } from "../metrics.ts";
import { prepareController } from "../runner.ts";

/** Controllers over an API in memory and a clock that stands still. */
export class World {
  readonly clock: ManualClock = new ManualClock();
  readonly client: MemoryClient = new MemoryClient(this.clock);
  readonly #stop = new AbortController();
  readonly #ended: Promise<void>[] = [];
  #started = false;
  readonly context: ControllerContext = {
    client: this.client,
    informers: createInformerFactory(this.client, { clock: this.clock }),
    events: createEventRecorder(this.client, {
      clock: this.clock,
      signal: this.#stop.signal,
      component: "test",
    }),
    clock: this.clock,
    signal: this.#stop.signal,
  };

  async start(...factories: ((context: ControllerContext) => Controller)[]): Promise<void> {
    const options = { clock: this.clock, signal: this.#stop.signal, metrics: new ControllerMetrics() };
    const prepared = factories.map((make) => prepareController(make(this.context), options));
    if (!this.#started) this.context.informers.start(this.#stop.signal);
    this.#started = true;
    await this.context.informers.whenSynced();
    for (const run of prepared) this.#ended.push(run());
    await this.settle();
  }

  /** Lets everything happen that needs no more than `milliseconds`. */
  async settle(milliseconds = 0): Promise<void> {
    for (let calls = -1; calls !== this.client.calls.length;) {
      calls = this.client.calls.length;
      await this.clock.advance(0);
      await this.clock.advance(0);
    }
    if (milliseconds > 0) {
      await this.clock.advance(milliseconds);
      await this.settle();
    }
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#ended);
  }

  create<T extends KubeObject>(resource: Resource<T>, object: T): Promise<T> {
    return this.client.create(resource, { ...object, metadata: { namespace: "default", ...object.metadata } });
  }

  /** Names, in order. */
  names(resource: Resource): string[] {
    return this.client.all(resource).map(({ metadata }) => metadata.name ?? "");
  }

  /** What a node's agent would report of a Pod that runs. */
  async run(pod: Pod, { ready = true, node = "n1", ip = "10.0.0.1" } = {}): Promise<Pod> {
    if (!pod.spec.nodeName) {
      await this.client.patch(pods, targetOf(pod), { type: "merge", patch: { spec: { nodeName: node } } });
    }
    return await this.report(pod, {
      phase: "Running",
      podIP: ip,
      podIPs: [{ ip }],
      conditions: [{
        type: "Ready",
        status: ready ? "True" : "False",
        lastTransitionTime: formatTime(this.clock.now()),
      }],
    });
  }

  report(pod: Pod, status: NonNullable<Pod["status"]>): Promise<Pod> {
    return this.client.patch(pods, targetOf(pod), { type: "merge", patch: { status } }, { subresource: "status" });
  }

  /** Runs all Pods that are there and do not run yet. */
  async runAll(options: { ready?: boolean } = {}): Promise<void> {
    for (const pod of this.client.all(pods)) if (!pod.status?.phase) await this.run(pod, options);
    await this.settle();
  }

  node(name: string): Promise<KubeObject> {
    const status = { conditions: [{ type: "Ready", status: "True" }] };
    return this.client.create(nodes, { metadata: { name }, spec: {}, status });
  }
}

function targetOf({ metadata: { namespace = "", name = "" } }: KubeObject) {
  return { namespace, name };
}
