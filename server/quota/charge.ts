import type { KubeObject } from "../../api/resource.ts";
import type { ResourceQuota, ScopedResourceSelectorRequirement } from "../../api/types/core_v1.ts";
import { addTo, type Amounts, growth, masked, parseAmounts, printAmounts } from "./amounts.ts";
import type { Evaluator, Write } from "./evaluator.ts";
import { scopesOf } from "./scopes.ts";

/** A quota and what is used of it, counting writes that are not stored yet. */
export interface RunningQuota {
  readonly quota: ResourceQuota;
  readonly hard: Amounts;
  readonly used: Amounts;
}

/** Something of which nobody may use any without a quota that covers it. */
export interface LimitedResource {
  readonly apiGroup?: string;
  readonly resource: string;
  /** Parts of the names of amounts: `requests.storage`. */
  readonly matchContains?: readonly string[];
  readonly matchScopes?: readonly ScopedResourceSelectorRequirement[];
}

/** A write that some quota has no room for. The message is made for the one who wrote. */
export class QuotaRefusal extends Error {
  readonly reason = "QuotaRefused";

  constructor(message: string) {
    super(message);
    this.name = "QuotaRefusal";
  }
}

export function runningQuota(quota: ResourceQuota): RunningQuota {
  return { quota, hard: parseAmounts(quota.status?.hard), used: parseAmounts(quota.status?.used) };
}

/**
 * The quotas with the write charged to each that it concerns; those that it does not concern are the same objects. Throws a {@linkcode QuotaRefusal}
 * when one of them has no room. Pure; `now` in milliseconds.
 */
export function charge(
  quotas: readonly RunningQuota[],
  evaluator: Evaluator,
  write: Write & { readonly object: KubeObject },
  now: number,
  limited: readonly LimitedResource[] = [],
): readonly RunningQuota[] {
  const concerned = new Set(quotas.filter((each) => counts(each, evaluator, write.object)));
  for (const each of concerned) requireReady(each, evaluator, write.object);
  const usage = evaluator.usage(write.object, now);
  const negative = [...masked(usage, (name) => usage.get(name)!.sign() < 0).keys()].sort();
  if (negative.length > 0) throw new QuotaRefusal(`quota usage is negative for resource(s): ${negative.join(",")}`);
  const grown = write.operation === "UPDATE" && write.old ? growth(usage, evaluator.usage(write.old, now)) : usage;
  if (limited.length > 0) requireCover(quotas, [...concerned], evaluator, write.object, usage, grown, limited);
  return quotas.map((each) => {
    if (!concerned.has(each)) return each;
    // What was outside the quota's scope before counts as a whole.
    const wasCounted = write.old === undefined || counts(each, evaluator, write.old);
    return withUse(each, wasCounted ? grown : usage, write.subresource !== "status");
  });
}

/** Whether the quota limits something of the object's and the object is in its scopes. */
function counts({ quota, hard }: RunningQuota, evaluator: Evaluator, object: KubeObject): boolean {
  return [...hard.keys()].some((name) => evaluator.limits(name)) &&
    scopesOf(quota).every((scope) => evaluator.inScope(scope, object));
}

function requireReady({ quota, hard, used }: RunningQuota, evaluator: Evaluator, object: KubeObject): void {
  const names = [...hard.keys()].filter((name) => evaluator.limits(name)).sort();
  const missing = evaluator.missing?.(names, object);
  if (missing !== undefined) throw new QuotaRefusal(`failed quota: ${quota.metadata.name}: ${missing}`);
  if (names.some((name) => !used.has(name))) {
    throw new QuotaRefusal(`status unknown for quota: ${quota.metadata.name}, resources: ${names.join(",")}`);
  }
}

function withUse(running: RunningQuota, usage: Amounts, bounded: boolean): RunningQuota {
  const { quota, hard, used } = running;
  const requested = masked(usage, (name) => hard.has(name) && !usage.get(name)!.isZero());
  if (requested.size === 0) return running;
  const next = new Map(used);
  addTo(next, requested);
  const exceeded = (name: string) => requested.has(name) && next.get(name)!.compare(hard.get(name)!) > 0;
  if (bounded && [...requested.keys()].some(exceeded)) {
    const [asked, before, limit] = [requested, used, hard].map((amounts) => printAmounts(masked(amounts, exceeded)));
    throw new QuotaRefusal(
      `exceeded quota: ${quota.metadata.name}, requested: ${asked}, used: ${before}, limited: ${limit}`,
    );
  }
  return { quota, hard, used: next };
}

function requireCover(
  quotas: readonly RunningQuota[],
  concerned: readonly RunningQuota[],
  evaluator: Evaluator,
  object: KubeObject,
  usage: Amounts,
  grown: Amounts,
  limited: readonly LimitedResource[],
): void {
  if ([...grown.values()].every((amount) => amount.isZero())) return;
  const own = limited.filter(({ apiGroup = "", resource }) => `${apiGroup}/${resource}` === evaluator.resource);
  const names = [...usage.keys()].filter((name) =>
    usage.get(name)!.sign() > 0 && own.some(({ matchContains }) => matchContains?.some((part) => name.includes(part)))
  );
  const uncovered = names.filter((name) => !concerned.some(({ hard }) => hard.has(name))).sort();
  if (uncovered.length > 0) throw new QuotaRefusal(`insufficient quota to consume: ${uncovered.join(",")}`);
  const covered = new Set(
    quotas.flatMap(({ quota }) => scopesOf(quota)).filter((scope) => evaluator.inScope(scope, object))
      .map(({ scopeName }) => scopeName),
  );
  const scopes = limited.flatMap(({ matchScopes = [] }) => matchScopes)
    .filter((scope) => evaluator.inScope(scope, object) && !covered.has(scope.scopeName));
  if (scopes.length > 0) {
    const printed = scopes.map(({ scopeName, operator, values = [] }) =>
      `{${scopeName} ${operator} [${values.join(" ")}]}`
    );
    throw new QuotaRefusal(`insufficient quota to match these scopes: [${printed.join(" ")}]`);
  }
}
