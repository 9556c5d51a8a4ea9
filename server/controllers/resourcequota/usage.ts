import { Quantity } from "../../../api/meta/quantity.ts";
import type { KubeObject } from "../../../api/resource.ts";
import type { ResourceQuota } from "../../../api/types/core_v1.ts";
import { addTo, type Amounts, masked } from "../../quota/amounts.ts";
import type { Evaluator } from "../../quota/evaluator.ts";
import { scopesOf } from "../../quota/scopes.ts";

/** Objects of one resource in the quota's namespace. */
export interface Counted {
  readonly evaluator: Evaluator;
  readonly objects: readonly KubeObject[];
}

/** What is used of each amount that the quota limits, by all the objects that count. Pure; `now` in milliseconds. */
export function usageOf(quota: ResourceQuota, counted: readonly Counted[], now: number): Amounts {
  const names = Object.keys(quota.spec.hard ?? {});
  const scopes = scopesOf(quota);
  const used = new Map<string, Quantity>(names.map((name) => [name, Quantity.zero]));
  for (const { evaluator, objects } of counted) {
    for (const object of objects) {
      if (!scopes.every((scope) => evaluator.inScope(scope, object))) continue;
      addTo(used, masked(evaluator.usage(object, now), (name) => used.has(name)));
    }
  }
  return used;
}

/** Whether the quota limits something of the resource's objects. */
export function concerns({ spec }: ResourceQuota, evaluator: Evaluator): boolean {
  return Object.keys(spec.hard ?? {}).some((name) => evaluator.limits(name));
}
