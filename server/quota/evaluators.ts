import { one } from "./amounts.ts";
import { claimEvaluator } from "./claims.ts";
import type { Evaluator } from "./evaluator.ts";
import { podEvaluator } from "./pods.ts";
import { resourceClaimEvaluator } from "./resource_claims.ts";
import { serviceEvaluator } from "./services.ts";

const special: ReadonlyMap<string, Evaluator> = new Map(
  [claimEvaluator, podEvaluator, resourceClaimEvaluator, serviceEvaluator].map((each) => [each.resource, each]),
);

/** Core resources that were counted by their plain name before there was `count/`. */
const aliases: ReadonlySet<string> = new Set(["configmaps", "replicationcontrollers", "resourcequotas", "secrets"]);

/** Never limited: whoever reports what happens must not be kept from it. */
const ignored: ReadonlySet<string> = new Set(["/events", "events.k8s.io/events"]);

const byCount = new Map<string, Evaluator>();

/** Undefined for what no quota limits. All other resources are counted, at least. */
export function evaluatorOf(group: string, resource: string): Evaluator | undefined {
  const name = `${group}/${resource}`;
  const found = special.get(name) ?? byCount.get(name);
  if (found !== undefined || ignored.has(name)) return found;
  const made = countEvaluator(group, resource);
  byCount.set(name, made);
  return made;
}

function countEvaluator(group: string, resource: string): Evaluator {
  const names = new Set([`count/${resource}${group === "" ? "" : `.${group}`}`]);
  if (group === "" && aliases.has(resource)) names.add(resource);
  const usage = new Map([...names].map((name) => [name, one]));
  return {
    resource: `${group}/${resource}`,
    charges: ({ operation, subresource }) => operation === "CREATE" && subresource === "",
    limits: (name) => names.has(name),
    usage: () => usage,
    inScope: () => false,
  };
}
