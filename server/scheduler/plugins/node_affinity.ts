import type { Node, NodeSelectorRequirement, NodeSelectorTerm, Pod } from "../../../api/types/core_v1.ts";
import type { Plugin } from "./contract.ts";
import { refuseForGood } from "./contract.ts";

type Test = (actual: string | undefined, wanted: readonly string[]) => boolean;

const integer = /^-?[0-9]{1,15}$/;
function compares(
  actual: string | undefined,
  [wanted]: readonly string[],
  holds: (a: number, b: number) => boolean,
): boolean {
  return actual !== undefined && wanted !== undefined && integer.test(actual) && integer.test(wanted) &&
    holds(Number(actual), Number(wanted));
}

const operators: Readonly<Record<string, Test>> = {
  In: (actual, wanted) => actual !== undefined && wanted.includes(actual),
  NotIn: (actual, wanted) => actual === undefined || !wanted.includes(actual),
  Exists: (actual) => actual !== undefined,
  DoesNotExist: (actual) => actual === undefined,
  Gt: (actual, wanted) => compares(actual, wanted, (a, b) => a > b),
  Lt: (actual, wanted) => compares(actual, wanted, (a, b) => a < b),
};

function holds(
  { key, operator, values = [] }: NodeSelectorRequirement,
  fields: Readonly<Record<string, string>>,
): boolean {
  return operators[operator]?.(Object.hasOwn(fields, key) ? fields[key] : undefined, values) ?? false;
}

/** A term without any requirement selects no node. */
export function matchesTerm(term: NodeSelectorTerm, node: Node): boolean {
  const expressions = term.matchExpressions ?? [];
  const fields = term.matchFields ?? [];
  if (expressions.length + fields.length === 0) return false;
  const own = { "metadata.name": node.metadata.name ?? "" };
  return expressions.every((r) => holds(r, node.metadata.labels ?? {})) && fields.every((r) => holds(r, own));
}

/** `nodeSelector` and the required part of the node affinity. */
export function matchesNode(pod: Pod, node: Node): boolean {
  const labels = node.metadata.labels ?? {};
  const selected = Object.entries(pod.spec.nodeSelector ?? {}).every(([key, value]) => labels[key] === value);
  const required = pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return selected && (!required || required.nodeSelectorTerms.some((term) => matchesTerm(term, node)));
}

export const nodeAffinity: Plugin = {
  name: "NodeAffinity",
  filter: ({ pod }, { node }) =>
    matchesNode(pod, node) ? undefined : refuseForGood("node(s) didn't match Pod's node affinity/selector"),
  score: {
    weight: 2,
    of({ pod }, { node }) {
      const preferred = pod.spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
      const total = preferred.reduce((sum, { weight }) => sum + weight, 0);
      if (total === 0) return 0;
      // An empty preferred term prefers every node, unlike an empty required one.
      const met = preferred.filter(({ preference }) =>
        Object.keys(preference).length === 0 || matchesTerm(preference, node)
      );
      return 100 * met.reduce((sum, { weight }) => sum + weight, 0) / total;
    },
  },
};
