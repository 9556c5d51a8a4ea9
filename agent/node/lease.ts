import type { Clock } from "../../api/clock.ts";
import { ownerReference } from "../../api/meta/owner.ts";
import { formatMicroTime } from "../../api/meta/time.ts";
import { leases, nodes } from "../../api/resources.ts";
import { isConflict, isNotFound } from "../../api/status.ts";
import type { Lease } from "../../api/types/coordination_v1.ts";
import type { Node } from "../../api/types/core_v1.ts";
import type { Client } from "../../client/client.ts";

const namespace = "kube-node-lease";
const leaseSeconds = 40;

/** A node's sign of life: a Lease of its own, renewed. Without it for 40 s the node counts as lost. */
export class NodeLease {
  readonly #client: Client;
  readonly #clock: Clock;
  #lease: Lease | undefined;

  constructor(client: Client, clock: Clock) {
    this.#client = client;
    this.#clock = clock;
  }

  /**
   * Renews it, or makes it. Answers false, having done nothing, when somebody else has written to it or removed it: its Node may be gone too. Rejects
   * with what the API answered.
   */
  async renew(node: Node, signal: AbortSignal): Promise<boolean> {
    const name = node.metadata.name ?? "";
    const spec = {
      holderIdentity: name,
      leaseDurationSeconds: leaseSeconds,
      renewTime: formatMicroTime(this.#clock.now()),
    };
    const wasHeld = this.#lease !== undefined;
    try {
      const held = this.#lease ?? await this.#client.get(leases, { namespace, name }, { signal });
      this.#lease = await this.#client.update(leases, { ...held, spec: { ...held.spec, ...spec } }, { signal });
      return true;
    } catch (error) {
      this.#lease = undefined;
      // The store calls an update of what is gone a conflict too.
      if (isConflict(error) || (wasHeld && isNotFound(error))) return false;
      if (!isNotFound(error)) throw error;
      const ownerReferences = [ownerReference(node, nodes)];
      this.#lease = await this.#client.create(leases, {
        apiVersion: "coordination.k8s.io/v1",
        kind: "Lease",
        metadata: { name, namespace, ownerReferences },
        spec,
      }, { signal });
      return true;
    }
  }
}
