import { keyOf, type KubeObject } from "../../../api/resource.ts";
import type { Service } from "../../../api/types/core_v1.ts";
import type { Endpoint, EndpointSlice } from "../../../api/types/discovery_v1.ts";
import type { Change, Informer } from "../../../client/informer_contract.ts";

/** What the directory reads of an informer. */
export type Source<T extends KubeObject> = Pick<Informer<T>, "get" | "list" | "onChange">;

/**
 * Services with their EndpointSlices, by name and by address. Holds references into the informers' views only; its indexes are its own,
 * because shared informers take none after their first list.
 */
export class ServiceDirectory implements Disposable {
  readonly #services: Source<Service>;
  readonly #slices = new Map<string, Map<string, EndpointSlice>>();
  readonly #byClusterIP = new Map<string, string>();
  readonly #byEndpoint = new Map<string, Set<EndpointSlice>>();
  readonly #perNamespace = new Map<string, number>();
  readonly #handlers = new Set<(serviceKey: string) => void>();
  readonly #stop: readonly (() => void)[];

  constructor(services: Source<Service>, slices: Source<EndpointSlice>) {
    this.#services = services;
    this.#stop = [
      services.onChange((change) => this.#onService(change)),
      slices.onChange((change) => this.#onSlice(change)),
    ];
  }

  [Symbol.dispose](): void {
    for (const stop of this.#stop) stop();
    this.#handlers.clear();
  }

  /** By `namespace/name`. */
  service(key: string): Service | undefined {
    return this.#services.get(key);
  }

  /** In no particular order. */
  slicesOf(key: string): readonly EndpointSlice[] {
    const slices = this.#slices.get(key);
    return slices ? [...slices.values()] : [];
  }

  hasServicesIn(namespace: string): boolean {
    return this.#perNamespace.has(namespace);
  }

  /** The Service that has this cluster IP. */
  serviceAt(clusterIP: string): Service | undefined {
    const key = this.#byClusterIP.get(clusterIP);
    return key === undefined ? undefined : this.service(key);
  }

  /** Services with an endpoint at this address, and that endpoint. */
  endpointsAt(address: string): readonly { readonly serviceKey: string; readonly endpoint: Endpoint }[] {
    return [...this.#byEndpoint.get(address) ?? []].flatMap((slice) =>
      (slice.endpoints ?? []).filter(({ addresses }) => addresses.includes(address))
        .map((endpoint) => ({ serviceKey: serviceKeyOf(slice)!, endpoint }))
    );
  }

  /** Calls back with the key of each Service there is, then of each that changes or whose slices do. The returned function ends it. */
  onChange(handler: (serviceKey: string) => void): () => void {
    this.#handlers.add(handler);
    for (const service of this.#services.list()) handler(keyOf(service));
    return () => void this.#handlers.delete(handler);
  }

  #onService(change: Change<Service>): void {
    const key = keyOf(change.object);
    const namespace = change.object.metadata.namespace ?? "";
    const previous = change.type === "updated"
      ? change.previous
      : change.type === "deleted"
      ? change.object
      : undefined;
    for (const ip of clusterIPs(previous)) if (this.#byClusterIP.get(ip) === key) this.#byClusterIP.delete(ip);
    if (change.type !== "deleted") { for (const ip of clusterIPs(change.object)) this.#byClusterIP.set(ip, key); }
    if (change.type !== "updated") {
      const count = (this.#perNamespace.get(namespace) ?? 0) + (change.type === "added" ? 1 : -1);
      if (count > 0) this.#perNamespace.set(namespace, count);
      else this.#perNamespace.delete(namespace);
    }
    this.#notify(key);
  }

  #onSlice(change: Change<EndpointSlice>): void {
    const sliceKey = keyOf(change.object);
    const previousKey = change.type === "updated" ? serviceKeyOf(change.previous) : undefined;
    const key = serviceKeyOf(change.object);
    for (const owner of new Set([previousKey, key])) {
      if (owner === undefined) continue;
      const slices = this.#slices.get(owner);
      const old = slices?.get(sliceKey);
      if (old) {
        this.#unindex(old);
        slices!.delete(sliceKey);
      }
      if (owner === key && change.type !== "deleted") {
        if (slices) slices.set(sliceKey, change.object);
        else this.#slices.set(owner, new Map([[sliceKey, change.object]]));
        this.#index(change.object);
      } else if (slices?.size === 0) this.#slices.delete(owner);
      this.#notify(owner);
    }
  }

  #index(slice: EndpointSlice): void {
    for (const address of addressesIn(slice)) {
      const slices = this.#byEndpoint.get(address);
      if (slices) slices.add(slice);
      else this.#byEndpoint.set(address, new Set([slice]));
    }
  }

  #unindex(slice: EndpointSlice): void {
    for (const address of addressesIn(slice)) {
      const slices = this.#byEndpoint.get(address);
      slices?.delete(slice);
      if (slices?.size === 0) this.#byEndpoint.delete(address);
    }
  }

  #notify(key: string): void {
    for (const handler of this.#handlers) handler(key);
  }
}

function serviceKeyOf({ metadata }: EndpointSlice): string | undefined {
  const name = metadata.labels?.["kubernetes.io/service-name"];
  return name ? `${metadata.namespace}/${name}` : undefined;
}

function clusterIPs(service: Service | undefined): readonly string[] {
  const { clusterIP, clusterIPs = [] } = service?.spec ?? {};
  return [...new Set([clusterIP, ...clusterIPs])].filter((ip) =>
    ip !== undefined && ip !== "" && ip !== "None"
  ) as string[];
}

function* addressesIn({ endpoints }: EndpointSlice): Iterable<string> {
  for (const { addresses } of endpoints ?? []) yield* addresses;
}
