import type { Container, ContainerStatus, Pod } from "../types/core_v1.ts";
import { Quantity } from "./quantity.ts";

/** Amounts by resource name: `cpu`, `memory`, `ephemeral-storage`, `hugepages-2Mi`, `example.com/gpu`. */
export type ResourceTotals = ReadonlyMap<string, Quantity>;

type ResourceTexts = Readonly<Record<string, string>>;

export interface PodResourceOptions {
  /** Leave out the overhead of the Pod's RuntimeClass. */
  readonly withoutOverhead?: boolean;
  /** Counted for each container that does not ask for the resource at all, as scoring does. */
  readonly missing?: ResourceTotals;
  /**
   * Count what the node has granted or still runs with as well, whichever is most: while a Pod is resized in place, both must
   * fit. A resize that the node has called infeasible does not count.
   */
  readonly useStatus?: boolean;
}

/**
 * What a Pod asks for, as the scheduler and the node's admission count it: the larger of what its containers and sidecars need
 * together and what each init container needs beside the sidecars started before it; amounts stated for the whole Pod instead
 * of that; and the overhead on top. (KEP-753, KEP-2837, KEP-1287.)
 */
export function podRequests(pod: Pod, options: PodResourceOptions = {}): ResourceTotals {
  const totals = aggregate(pod, options, options.useStatus ? held : requested);
  setPodLevel(totals, options.useStatus ? heldByPod(pod) : pod.spec.resources?.requests);
  if (!options.withoutOverhead) addAll(totals, parsed(pod.spec.overhead));
  return totals;
}

/** What a Pod may use at most, counted as {@linkcode podRequests} does; a resource without a limit is absent. */
export function podLimits(pod: Pod, options: Pick<PodResourceOptions, "withoutOverhead"> = {}): ResourceTotals {
  const totals = aggregate(pod, {}, (container) => container.resources?.limits);
  setPodLevel(totals, pod.spec.resources?.limits);
  if (!options.withoutOverhead) {
    for (const [name, amount] of parsed(pod.spec.overhead)) {
      const limit = totals.get(name);
      if (limit && !limit.isZero()) totals.set(name, limit.add(amount));
    }
  }
  return totals;
}

/** An init container that keeps running beside the containers. */
export function isSidecar(container: Container): boolean {
  return container.restartPolicy === "Always";
}

type Amounts = (
  container: Container,
  status: ContainerStatus | undefined,
  isInfeasible: boolean,
) => ResourceTexts | undefined;

const requested: Amounts = (container) => container.resources?.requests;

/** Of a container that the node has told the resources of, what it was granted and runs with counts as well. */
const held: Amounts = (container, status, isInfeasible) =>
  status?.resources
    ? largest([
      isInfeasible ? undefined : container.resources?.requests,
      status.resources.requests,
      status.allocatedResources,
    ])
    : container.resources?.requests;

function largest(lists: readonly (ResourceTexts | undefined)[]): ResourceTexts {
  const texts: Record<string, string> = {};
  for (const list of lists) {
    for (const [name, text] of Object.entries(list ?? {})) {
      const known = texts[name];
      if (known === undefined || Quantity.parse(known).compare(Quantity.parse(text)) < 0) texts[name] = text;
    }
  }
  return texts;
}

function isInfeasible(pod: Pod): boolean {
  return pod.status?.conditions?.some(({ type, reason }) => type === "PodResizePending" && reason === "Infeasible") ??
    false;
}

function aggregate(pod: Pod, { missing, useStatus }: PodResourceOptions, amounts: Amounts): Map<string, Quantity> {
  const infeasible = useStatus === true && isInfeasible(pod);
  const inits = pod.spec.initContainers ?? [];
  const amountsOf = (container: Container) => {
    // An init container that ends is counted by its spec alone.
    const lasts = isSidecar(container) || !inits.includes(container);
    const found = parsed(
      amounts(container, useStatus && lasts ? statusOf(pod, container.name) : undefined, infeasible),
    );
    for (const [name, amount] of missing ?? []) if (!found.has(name)) found.set(name, amount);
    return found;
  };
  const totals = new Map<string, Quantity>();
  for (const container of pod.spec.containers) addAll(totals, amountsOf(container));
  const sidecars = new Map<string, Quantity>();
  const initPeak = new Map<string, Quantity>();
  for (const container of inits) {
    const own = amountsOf(container);
    if (isSidecar(container)) {
      addAll(totals, own);
      addAll(sidecars, own);
      raiseAll(initPeak, sidecars);
    } else {
      addAll(own, sidecars);
      raiseAll(initPeak, own);
    }
  }
  raiseAll(totals, initPeak);
  return totals;
}

function statusOf(pod: Pod, name: string): ContainerStatus | undefined {
  const { containerStatuses = [], initContainerStatuses = [] } = pod.status ?? {};
  return containerStatuses.find((status) => status.name === name) ??
    initContainerStatuses.find((status) => status.name === name);
}

function parsed(texts: ResourceTexts | undefined): Map<string, Quantity> {
  const amounts = new Map<string, Quantity>();
  if (texts) { for (const name of Object.keys(texts)) amounts.set(name, Quantity.parse(texts[name]!)); }
  return amounts;
}

function addAll(totals: Map<string, Quantity>, amounts: ResourceTotals): void {
  for (const [name, amount] of amounts) totals.set(name, totals.get(name)?.add(amount) ?? amount);
}

function raiseAll(totals: Map<string, Quantity>, amounts: ResourceTotals): void {
  for (const [name, amount] of amounts) {
    const total = totals.get(name);
    if (!total || total.compare(amount) < 0) totals.set(name, amount);
  }
}

function heldByPod(pod: Pod): ResourceTexts | undefined {
  const stated = pod.spec.resources?.requests;
  const { resources, allocatedResources } = pod.status ?? {};
  if (!stated || !resources) return stated;
  const most = largest([isInfeasible(pod) ? undefined : stated, resources.requests, allocatedResources]);
  return Object.fromEntries(Object.keys(stated).map((name) => [name, most[name] ?? stated[name]!]));
}

/** The resources that can be stated for a whole Pod. */
export function isPodLevel(name: string): boolean {
  return name === "cpu" || name === "memory" || name.startsWith("hugepages-");
}

function setPodLevel(totals: Map<string, Quantity>, texts: ResourceTexts | undefined): void {
  for (const [name, amount] of parsed(texts)) if (isPodLevel(name)) totals.set(name, amount);
}
