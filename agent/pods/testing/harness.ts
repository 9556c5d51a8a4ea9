import { ManualClock } from "../../../api/clock.ts";
import { pods } from "../../../api/resources.ts";
import type { Pod } from "../../../api/types/core_v1.ts";
import { serviceUnavailable } from "../../../api/status.ts";
import type { Client } from "../../../client/client.ts";
import { createInformerFactory } from "../../../client/informers.ts";
import { MemoryClient } from "../../../client/testing/memory_client.ts";
import type { NodeFacts } from "../node_facts.ts";
import { type PodManager, startPods } from "../start_pods.ts";
import { FakeRuntime } from "./fake_runtime.ts";

/** A node's Pods over a fake runtime, a small API server and a clock that stands still. */
export class PodsHarness {
  readonly clock = new ManualClock();
  readonly client = new MemoryClient(this.clock);
  runtime = new FakeRuntime(() => this.clock.now());
  /** Set while the API server cannot be reached. */
  offline = false;
  readonly events: string[] = [];
  readonly cgroups = new Set<string>();
  readonly directory: string;
  manager!: PodManager;
  #stop = new AbortController();

  private constructor(directory: string) {
    this.directory = directory;
  }

  static async start(): Promise<PodsHarness> {
    const harness = new PodsHarness(await Deno.makeTempDir({ prefix: "skiff-pods-" }));
    await harness.open();
    return harness;
  }

  async open(): Promise<void> {
    this.#stop = new AbortController();
    const { signal } = this.#stop;
    const client = this.#network();
    const informers = createInformerFactory(client, { clock: this.clock });
    const starting = startPods({
      runtime: this.runtime,
      client,
      savedPods: `${this.directory}/saved.json`,
      informers,
      clock: this.clock,
      random: () => 0.5,
      facts: () => this.facts,
      signal,
      events: { event: (_, type, reason, message) => void this.events.push(`${type} ${reason} ${message}`) },
      cgroups: {
        path: (pod) => `/test/pod${pod.metadata.uid}`,
        ensure: async (pod) => void this.cgroups.add(pod.metadata.uid ?? ""),
        remove: async (uid) => void this.cgroups.delete(uid),
        list: async () => [...this.cgroups],
      },
    });
    informers.start(signal);
    this.manager = await starting;
  }

  /** The client as a node has it: every call fails while it is offline. */
  #network(): Client {
    return new Proxy<Client>(this.client, {
      get: (target, name: keyof Client) => (...inputs: unknown[]) => {
        if (!this.offline) return (target[name] as (...inputs: unknown[]) => unknown).apply(target, inputs);
        const failure = serviceUnavailable("the test has cut the connection");
        if (name !== "watch") return Promise.reject(failure);
        return { [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(failure) }) };
      },
    });
  }

  get facts(): NodeFacts {
    return {
      nodeName: "node1",
      hostIPs: ["192.0.2.1"],
      allocatable: { cpu: "4", memory: "8Gi" },
      memoryBytes: 8 * 2 ** 30,
      clusterDns: ["10.43.0.10"],
      clusterDomain: "cluster.local",
      resolvConf: "/dev/null",
      logRoot: `${this.directory}/logs`,
      podsRoot: `${this.directory}/pods`,
      seccompRoot: `${this.directory}/seccomp`,
      allowedUnsafeSysctls: [],
    };
  }

  /** Stops the agent; Pods go on. */
  async stop(): Promise<void> {
    this.#stop.abort(new Error("stopped"));
    await this.manager.closed();
  }

  async close(): Promise<void> {
    await this.stop();
    await Deno.remove(this.directory, { recursive: true });
  }

  async create(name: string, spec: Partial<Pod["spec"]>): Promise<Pod> {
    return await this.client.create(pods, podNamed(name, spec));
  }

  async get(name: string): Promise<Pod> {
    return await this.client.get(pods, { namespace: "default", name });
  }

  /** Waits in real time, without moving the clock, until the condition holds. */
  async until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
    const limit = performance.now() + 5_000;
    while (!await holds()) {
      if (performance.now() > limit) {
        throw new Error(`never: ${what}\ncalls: ${this.runtime.calls.join("; ")}\nevents: ${this.events.join("; ")}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }

  async untilPhase(name: string, phase: string): Promise<Pod> {
    await this.until(`${name} is ${phase}`, async () => (await this.get(name)).status?.phase === phase);
    return await this.get(name);
  }

  async untilCalled(call: string, times = 1): Promise<void> {
    await this.until(`${times} times ${call}`, () => this.runtime.calls.filter((one) => one === call).length >= times);
  }
}

export function podNamed(name: string, spec: Partial<Pod["spec"]>): Pod {
  return {
    apiVersion: "v1",
    kind: "Pod",
    // Deletion marks the object first, as the API server's grace period does.
    metadata: { name, namespace: "default", finalizers: ["skiff.test/kept"] },
    spec: { nodeName: "node1", containers: [{ name: "web", image: "web:1" }], ...spec },
  };
}
