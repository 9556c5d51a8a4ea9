import { Quantity } from "../../../api/meta/quantity.ts";
import { podLimits, podRequests, type ResourceTotals } from "../../../api/meta/resources.ts";
import type { Container, LimitRange, LimitRangeItem, PersistentVolumeClaim, Pod } from "../../../api/types/core_v1.ts";

interface Use {
  readonly requests: ResourceTotals;
  readonly limits: ResourceTotals;
}

/** What is wrong with one resource's use, in upstream's words; undefined when nothing is. */
type Bound = (name: string, type: string, enforced: Quantity, use: Use) => string | undefined;

const podBounds: readonly (readonly [keyof LimitRangeItem, Bound])[] = [
  ["min", belowMinimum],
  ["max", aboveMaximum],
  ["maxLimitRequestRatio", aboveRatio],
];
/** Nobody limits a claim: what it requests is what it gets. */
const claimBounds: typeof podBounds = [["min", belowMinimum], ["max", aboveMaximumRequest]];

export function podViolations(pod: Pod, { spec }: LimitRange): string[] {
  return (spec.limits ?? []).flatMap((item) => {
    if (item.type === "Pod") {
      const options = { withoutOverhead: true };
      return violations(item, { requests: podRequests(pod, options), limits: podLimits(pod, options) }, podBounds);
    }
    if (item.type !== "Container") return [];
    return [...pod.spec.containers, ...pod.spec.initContainers ?? []]
      .flatMap((container) => violations(item, useOf(container), podBounds));
  });
}

export function claimViolations(claim: PersistentVolumeClaim, { spec }: LimitRange): string[] {
  const use = { requests: parsed(claim.spec.resources?.requests), limits: new Map() };
  return (spec.limits ?? [])
    .filter(({ type }) => type === "PersistentVolumeClaim")
    .flatMap((item) => violations(item, use, claimBounds));
}

function useOf({ resources }: Container): Use {
  return { requests: parsed(resources?.requests), limits: parsed(resources?.limits) };
}

function parsed(texts: Readonly<Record<string, string>> = {}): ResourceTotals {
  return new Map(Object.entries(texts).map(([name, text]) => [name, Quantity.parse(text)]));
}

function violations(item: LimitRangeItem, use: Use, bounds: typeof podBounds): string[] {
  return bounds.flatMap(([field, bound]) =>
    Object.entries(item[field] ?? {}).sort().flatMap(([name, text]) =>
      bound(name, item.type, Quantity.parse(text), use) ?? []
    )
  );
}

function belowMinimum(name: string, type: string, enforced: Quantity, { requests, limits }: Use): string | undefined {
  const [request, limit] = [requests.get(name), limits.get(name)];
  const rule = `minimum ${name} usage per ${type} is ${enforced}`;
  if (request === undefined) return `${rule}.  No request is specified`;
  if (request.compare(enforced) < 0) return `${rule}, but request is ${request}`;
  if (limit && limit.compare(enforced) < 0) return `${rule}, but limit is ${limit}`;
  return undefined;
}

function aboveMaximum(name: string, type: string, enforced: Quantity, { requests, limits }: Use): string | undefined {
  const [request, limit] = [requests.get(name), limits.get(name)];
  const rule = `maximum ${name} usage per ${type} is ${enforced}`;
  if (limit === undefined) return `${rule}.  No limit is specified`;
  if (limit.compare(enforced) > 0) return `${rule}, but limit is ${limit}`;
  if (request && request.compare(enforced) > 0) return `${rule}, but request is ${request}`;
  return undefined;
}

function aboveMaximumRequest(name: string, type: string, enforced: Quantity, { requests }: Use): string | undefined {
  const request = requests.get(name);
  const rule = `maximum ${name} usage per ${type} is ${enforced}`;
  if (request === undefined) return `${rule}.  No request is specified`;
  return request.compare(enforced) > 0 ? `${rule}, but request is ${request}` : undefined;
}

function aboveRatio(name: string, type: string, enforced: Quantity, { requests, limits }: Use): string | undefined {
  const [request, limit] = [requests.get(name), limits.get(name)];
  const rule = `${name} max limit to request ratio per ${type} is ${enforced}`;
  if (request === undefined || request.isZero()) return `${rule}, but no request is specified or request is 0`;
  if (limit === undefined || limit.isZero()) return `${rule}, but no limit is specified or limit is 0`;
  const ratio = limit.milliValue() / request.milliValue();
  // Thousandths on both sides, so that a ratio such as 1500m is as exact as a whole one.
  return ratio * 1000 > enforced.milliValue() ? `${rule}, but provided ratio is ${ratio.toFixed(6)}` : undefined;
}
