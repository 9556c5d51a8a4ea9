import type { Path } from "../../../api/meta/field.ts";
import type { NodeSelectorTerm } from "../../../api/types/core_v1.ts";
import type { LabelSelector } from "../../../api/types/meta_v1.ts";
import { own } from "./checks.ts";

const messages: Readonly<Record<string, string>> = {
  "beta.kubernetes.io/arch": 'deprecated since v1.14; use "kubernetes.io/arch" instead',
  "beta.kubernetes.io/os": 'deprecated since v1.14; use "kubernetes.io/os" instead',
  "failure-domain.beta.kubernetes.io/region": 'deprecated since v1.17; use "topology.kubernetes.io/region" instead',
  "failure-domain.beta.kubernetes.io/zone": 'deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
  "beta.kubernetes.io/instance-type": 'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead',
  "app.kubernetes.io/created-by": "deprecated since v1.9",
  "scheduler.alpha.kubernetes.io/preferAvoidPods": "deprecated since v1.22; use Taints and Tolerations instead",
  "node-role.kubernetes.io/master": 'use "node-role.kubernetes.io/control-plane" instead',
};

/** What a client should hear of a label of nodes that has a successor; undefined for others. */
export function deprecatedNodeLabel(label: string): string | undefined {
  return own(messages, label);
}

/** Warnings about a node selector's term. */
export function warnOfNodeTerm({ matchExpressions = [] }: NodeSelectorTerm, path: Path): string[] {
  return warnOfKeys(matchExpressions, path);
}

/** Warnings about a selector of nodes by their labels. */
export function warnOfNodeLabels({ matchExpressions = [], matchLabels = {} }: LabelSelector, path: Path): string[] {
  const warnings = warnOfKeys(matchExpressions, path);
  for (const label of Object.keys(matchLabels)) {
    const message = deprecatedNodeLabel(label);
    if (message) warnings.push(`${path.child("matchLabels", label)}: ${message}`);
  }
  return warnings;
}

function warnOfKeys(expressions: readonly { readonly key?: string }[], path: Path): string[] {
  return expressions.flatMap(({ key = "" }, index) => {
    const message = deprecatedNodeLabel(key);
    return message ? [`${path.child("matchExpressions").index(index).child("key")}: ${key} is ${message}`] : [];
  });
}
