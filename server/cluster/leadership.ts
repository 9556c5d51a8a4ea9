import type { Clock } from "../../api/clock.ts";
import type { Client } from "../../client/client.ts";
import { runLeaderElection } from "../../client/leader_election.ts";
import type { MetricFamily } from "../apiserver/http/metrics.ts";

/** A part of the control plane of which a cluster has one at work, under the name of its Lease. */
export interface Component {
  readonly name: "kube-scheduler" | "kube-controller-manager";
  /** Resolves when it works; what comes back resolves when the signal has aborted and the last of its work is done. */
  start(signal: AbortSignal): Promise<{ readonly ended: Promise<void> }>;
}

export interface LeadershipOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Unique among the servers; undefined for a server whose datastore is its own: it leads without an election, which would write twice every two seconds. */
  readonly identity: string | undefined;
  readonly components: readonly Component[];
}

export interface Leadership {
  readonly metrics: () => readonly MetricFamily[];
  /** Resolves when the signal has aborted, the components have stopped and their Leases are given back. */
  readonly ended: Promise<void>;
}

/**
 * Runs each component while this server holds its Lease, as kube-scheduler and kube-controller-manager do. Upstream's exit when they lose it; here the component
 * stops and waits for its next turn, and the API goes on.
 */
export async function startLeadership(options: LeadershipOptions): Promise<Leadership> {
  const { identity, components, signal, client, clock } = options;
  const leading = new Set<string>();
  const lead = async (component: Component, term: AbortSignal) => {
    leading.add(component.name);
    try {
      const { ended } = await component.start(term);
      return { ended: ended.finally(() => leading.delete(component.name)) };
    } catch (error) {
      leading.delete(component.name);
      throw error;
    }
  };
  const work = identity === undefined
    ? (await Promise.all(components.map((component) => lead(component, signal)))).map(({ ended }) => ended)
    : components.map((component) =>
      runLeaderElection({
        client,
        clock,
        signal,
        identity,
        lease: { namespace: "kube-system", name: component.name },
        lead: async (term) => await (await lead(component, term)).ended,
      })
    );
  return {
    ended: Promise.all(work).then(() => {}),
    metrics: () => [{
      name: "leader_election_master_status",
      help: "Whether this server runs the component (1) or stands by (0).",
      type: "gauge",
      values: () => components.map(({ name }) => ({ labels: { name }, value: leading.has(name) ? 1 : 0 })),
    }],
  };
}
