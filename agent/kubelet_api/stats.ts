import type { Clock } from "../../api/clock.ts";
import type { ContainerRuntime, ContainerStats } from "../runtime/contract.ts";

/** What a container uses, with the rate that only two samples give. */
export interface ContainerUse {
  readonly stats: ContainerStats;
  /** Billionths of a core, since the sample before. */
  readonly nanoCores: number;
}

export interface NodeUse {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Since the node's start. */
  readonly cpuNanoseconds: number;
  readonly nanoCores: number;
  readonly memoryBytes: number;
  readonly availableBytes: number;
}

export interface Use {
  readonly node: NodeUse;
  readonly containers: readonly ContainerUse[];
}

/** Samples nearer to each other than this give no rate worth having. */
const SHORTEST = 1_000;
/** USER_HZ, which Linux shows to every program on every architecture. */
const TICK_NANOSECONDS = 10_000_000;

interface Sample {
  readonly at: number;
  readonly cpuNanoseconds: number;
  readonly nanoCores: number;
}

/** Takes a sample when asked, never by itself. */
export class UseSampler {
  #last = new Map<string, Sample>();

  constructor(private readonly runtime: Pick<ContainerRuntime, "stats">, private readonly clock: Clock) {}

  async sample(signal?: AbortSignal): Promise<Use> {
    const [stats, node] = await Promise.all([this.runtime.stats(signal), nodeUse(this.clock.now())]);
    const next = new Map<string, Sample>();
    const rate = (key: string, at: number, cpuNanoseconds: number): number => {
      const last = this.#last.get(key);
      const passed = last ? at - last.at : 0;
      // One that started anew counts from zero.
      const usable = last && passed >= SHORTEST && cpuNanoseconds >= last.cpuNanoseconds;
      const nanoCores = usable
        ? Math.round((cpuNanoseconds - last.cpuNanoseconds) * 1000 / passed)
        : last?.nanoCores ?? 0;
      next.set(key, last && !usable && passed < SHORTEST ? last : { at, cpuNanoseconds, nanoCores });
      return nanoCores;
    };
    const use = {
      node: { ...node, nanoCores: rate("", node.at, node.cpuNanoseconds) },
      containers: stats.map((one) => ({ stats: one, nanoCores: rate(one.containerId, one.at, one.cpuNanoseconds) })),
    };
    this.#last = next;
    return use;
  }
}

async function nodeUse(now: number): Promise<Omit<NodeUse, "nanoCores">> {
  const [stat, meminfo] = await Promise.all([Deno.readTextFile("/proc/stat"), Deno.readTextFile("/proc/meminfo")]);
  const ticks = stat.slice(0, stat.indexOf("\n")).trim().split(/\s+/).slice(1, 9).map(Number);
  const idle = (ticks[3] ?? 0) + (ticks[4] ?? 0);
  const kilobytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(meminfo)?.[1] ?? 0) * 1024;
  const availableBytes = kilobytes("MemAvailable");
  return {
    at: now,
    cpuNanoseconds: (ticks.reduce((sum, value) => sum + value, 0) - idle) * TICK_NANOSECONDS,
    memoryBytes: kilobytes("MemTotal") - availableBytes,
    availableBytes,
  };
}
