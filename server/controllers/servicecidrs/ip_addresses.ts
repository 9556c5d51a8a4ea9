import { deepEqual } from "../../../api/meta/deep_equal.ts";
import { ipaddresses, services } from "../../../api/resources.ts";
import { isAlreadyExists, isConflict, isNotFound } from "../../../api/status.ts";
import type { Service } from "../../../api/types/core_v1.ts";
import type { IPAddress, ParentReference } from "../../../api/types/networking_v1.ts";
import type { Informer } from "../../../client/informer_contract.ts";
import { isAllocated, labelsOfAllocated } from "../../service_network.ts";
import { type Controller, type ControllerContext, DONE, type Result } from "../contract.ts";

const byClusterIP = "clusterIP";

/**
 * Shows who has which address of the service network: an IPAddress for each cluster IP, named by it. The addresses are given out by the API server; these
 * objects follow. Those that somebody else made are left alone.
 */
export function ipAddressController(context: ControllerContext): Controller {
  return new IPAddresses(context);
}

class IPAddresses implements Controller {
  readonly name = "ip-address-controller";
  readonly concurrency = 2;
  readonly #context: ControllerContext;
  readonly #services: Informer<Service>;
  readonly #addresses: Informer<IPAddress>;

  constructor(context: ControllerContext) {
    this.#context = context;
    this.#services = context.informers.informer(services);
    this.#addresses = context.informers.informer(ipaddresses);
    this.#services.addIndex(byClusterIP, clusterIPs);
  }

  setup(enqueue: (key: string) => void): void {
    this.#services.onChange((change) => {
      const before = change.type === "updated" ? clusterIPs(change.previous) : [];
      for (const address of new Set([...before, ...clusterIPs(change.object)])) enqueue(address);
    });
    this.#addresses.onChange(({ object }) => enqueue(object.metadata.name!));
  }

  async reconcile(address: string, signal: AbortSignal): Promise<Result> {
    const { client } = this.#context;
    const [service] = this.#services.byIndex(byClusterIP, address);
    const found = this.#addresses.get(address);
    if (found) {
      const isRight = service && deepEqual(found.spec.parentRef, parentOf(service));
      if (isRight || !isAllocated(found) || found.metadata.deletionTimestamp) return DONE;
      // What it refers to cannot be changed: the next one is made when this one is seen to be gone.
      const preconditions = { uid: found.metadata.uid! };
      await client.delete(ipaddresses, { name: address }, { preconditions, signal }).catch((error) => {
        if (!isNotFound(error) && !isConflict(error)) throw error;
      });
    } else if (service) {
      const metadata = { name: address, labels: labelsOfAllocated(address) };
      await client.create(ipaddresses, { metadata, spec: { parentRef: parentOf(service) } }, { signal })
        .catch((error) => {
          if (!isAlreadyExists(error)) throw error;
        });
    }
    return DONE;
  }
}

function clusterIPs({ spec }: Service): string[] {
  return (spec.clusterIPs ?? []).filter((address) => address !== "None");
}

function parentOf({ metadata: { namespace, name } }: Service): ParentReference {
  return { resource: "services", namespace: namespace!, name: name! };
}
