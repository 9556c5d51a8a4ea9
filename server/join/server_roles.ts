import { getLogger } from "@logtape/logtape";
import type { Clock } from "../../api/clock.ts";
import { nodes } from "../../api/resources.ts";
import type { Node } from "../../api/types/core_v1.ts";
import type { Client } from "../../client/client.ts";
import { createInformerFactory } from "../../client/informers.ts";

export interface ServerRolesOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly node: string;
  /** As in the column ROLES of `kubectl get nodes`: `control-plane`, and `etcd` where a member runs. */
  readonly roles: readonly string[];
}

const prefix = "node-role.kubernetes.io/";
const logger = getLogger(["skiff", "server"]);

/**
 * Keeps the labels `node-role.kubernetes.io/ROLE: "true"` on a server's own Node, also when it is made anew: no node may give
 * them to itself, and workloads choose servers by them.
 */
export function keepServerRoles({ client, clock, signal, node: name, roles }: ServerRolesOptions): void {
  const labels = Object.fromEntries(roles.map((role) => [`${prefix}${role}`, "true"]));
  const factory = createInformerFactory(client, { clock });
  const own = factory.informer(nodes, { fieldSelector: `metadata.name=${name}` });
  own.onChange(({ type, object }) => {
    if (type !== "deleted" && lacks(object, labels)) void label();
  });
  factory.start(signal);

  async function label(): Promise<void> {
    try {
      await client.patch(nodes, { name }, { type: "merge", patch: { metadata: { labels } } }, { signal });
    } catch (error) {
      if (!signal.aborted) logger.warn("node {name} got no roles: {error}", { name, error: (error as Error).message });
    }
  }
}

function lacks(node: Node, labels: Readonly<Record<string, string>>): boolean {
  return Object.entries(labels).some(([key, value]) => node.metadata.labels?.[key] !== value);
}
