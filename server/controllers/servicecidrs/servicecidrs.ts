import ipaddr from "ipaddr.js";
import { hasFinalizer, withFinalizer, withoutFinalizer } from "../../../api/meta/finalizers.ts";
import { setCondition } from "../../../api/meta/conditions.ts";
import { parseTime } from "../../../api/meta/time.ts";
import { keyOf } from "../../../api/resource.ts";
import { servicecidrs, services } from "../../../api/resources.ts";
import { isNotFound } from "../../../api/status.ts";
import type { Service } from "../../../api/types/core_v1.ts";
import type { Condition } from "../../../api/types/meta_v1.ts";
import type { ServiceCIDR } from "../../../api/types/networking_v1.ts";
import type { Informer } from "../../../client/informer_contract.ts";
import { type Controller, type ControllerContext, DONE, type Result } from "../contract.ts";

const FINALIZER = "networking.k8s.io/service-cidr-finalizer";
/** Milliseconds that a network stays after its deletion, so that whoever is about to take an address from it has done so. */
const GRACE = 10_000;

const READY = { type: "Ready", status: "True", reason: "", message: "Kubernetes Service CIDR is ready" };
const TERMINATING = {
  type: "Ready",
  status: "False",
  reason: "Terminating",
  message: "There are still IPAddresses referencing the ServiceCIDR, please remove them or create a new ServiceCIDR",
};

/** Says of networks for Services that they are ready, and keeps those that are to be deleted while a Service has an address of theirs. */
export function serviceCIDRController(context: ControllerContext): Controller {
  return new ServiceCIDRs(context);
}

class ServiceCIDRs implements Controller {
  readonly name = "service-cidr-controller";
  readonly concurrency = 1;
  readonly #context: ControllerContext;
  readonly #networks: Informer<ServiceCIDR>;
  readonly #services: Informer<Service>;

  constructor(context: ControllerContext) {
    this.#context = context;
    this.#networks = context.informers.informer(servicecidrs);
    this.#services = context.informers.informer(services);
  }

  setup(enqueue: (key: string) => void): void {
    const enqueueLeaving = () => {
      for (const network of this.#networks.list()) if (isLeaving(network)) enqueue(keyOf(network));
    };
    this.#networks.onChange(({ type, object }) => {
      if (type !== "deleted") enqueue(keyOf(object));
      enqueueLeaving();
    });
    this.#services.onChange(({ type }) => {
      if (type !== "added") enqueueLeaving();
    });
  }

  async reconcile(key: string, signal: AbortSignal): Promise<Result> {
    const network = this.#networks.get(key);
    if (!network) return DONE;
    if (!isLeaving(network)) {
      if (!hasFinalizer(network, FINALIZER)) {
        await this.#context.client.update(servicecidrs, withFinalizer(network, FINALIZER), { signal });
      }
      return await this.#report(network, READY, signal);
    }
    if (!hasFinalizer(network, FINALIZER)) return DONE;
    if (this.#isUsed(network)) return await this.#report(network, TERMINATING, signal);
    const left = parseTime(network.metadata.deletionTimestamp!) + GRACE - this.#context.clock.now();
    if (left > 0) return { outcome: "retryAfter", milliseconds: left };
    await this.#context.client.update(servicecidrs, withoutFinalizer(network, FINALIZER), { signal })
      .catch(ignoreNotFound);
    return DONE;
  }

  /** Whether a Service has an address that lies in this network and in no other. */
  #isUsed(network: ServiceCIDR): boolean {
    const others = this.#networks.list().filter((other) => other !== network && !isLeaving(other));
    return this.#services.list().some(({ spec }) =>
      (spec.clusterIPs ?? []).some((address) =>
        contains(network, address) && !others.some((other) => contains(other, address))
      )
    );
  }

  async #report(network: ServiceCIDR, wanted: Omit<Condition, "lastTransitionTime">, signal: AbortSignal) {
    const { client, clock } = this.#context;
    const before = [...network.status?.conditions ?? []];
    const conditions = setCondition<Condition>(before, wanted, clock.now());
    if (conditions === before) return DONE;
    const patch = { status: { conditions } };
    await client.patch(servicecidrs, { name: network.metadata.name! }, { type: "merge", patch }, {
      subresource: "status",
      signal,
    }).catch(ignoreNotFound);
    return DONE;
  }
}

function isLeaving({ metadata }: ServiceCIDR): boolean {
  return metadata.deletionTimestamp !== undefined;
}

function contains({ spec: { cidrs = [] } }: ServiceCIDR, text: string): boolean {
  if (!ipaddr.isValid(text)) return false;
  const address = ipaddr.parse(text);
  return cidrs.some((cidr) => {
    const [base, bits] = ipaddr.parseCIDR(cidr);
    return base.kind() === address.kind() && address.match(base, bits);
  });
}

function ignoreNotFound(error: unknown): void {
  if (!isNotFound(error)) throw error;
}
