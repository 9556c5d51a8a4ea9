import type { PolicyRule } from "../../../api/types/rbac_v1.ts";
import { coversPath, has } from "./rules.ts";

/**
 * What of `wanted` is not in `held`, in rules of one verb, one group, one resource and at most one name each. As upstream, each such piece must
 * be in a single rule that is held: pieces are never put together.
 */
export function missingRules(held: readonly PolicyRule[], wanted: readonly PolicyRule[]): PolicyRule[] {
  return wanted.flatMap(piecesOf).filter((piece) => !held.some((rule) => coversPiece(rule, piece)));
}

/** Of rules that may lack anything: they are looked at before they are checked. */
function piecesOf(
  { verbs = [], apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] }: PolicyRule,
) {
  const pieces: PolicyRule[] = [];
  const names = resourceNames.length > 0 ? resourceNames.map((name) => ({ resourceNames: [name] })) : [{}];
  for (const group of apiGroups) {
    for (const resource of resources) {
      for (const verb of verbs) {
        for (const name of names) {
          pieces.push({ verbs: [verb], apiGroups: [group], resources: [resource], ...name });
        }
      }
    }
  }
  for (const path of nonResourceURLs) for (const verb of verbs) pieces.push({ verbs: [verb], nonResourceURLs: [path] });
  return pieces;
}

function coversPiece(rule: PolicyRule, piece: PolicyRule): boolean {
  const [verb = ""] = piece.verbs;
  if (!has(rule.verbs, verb)) return false;
  const [path] = piece.nonResourceURLs ?? [];
  if (path !== undefined) return (rule.nonResourceURLs ?? []).some((pattern) => coversPath(pattern, path));
  const [[group = ""] = [], [resource = ""] = [], [name] = []] = [
    piece.apiGroups,
    piece.resources,
    piece.resourceNames,
  ];
  if (!has(rule.apiGroups, group) || !coversResource(rule.resources ?? [], resource)) return false;
  return !rule.resourceNames?.length || (name !== undefined && rule.resourceNames.includes(name));
}

function coversResource(resources: readonly string[], wanted: string): boolean {
  const slash = wanted.indexOf("/");
  return has(resources, wanted) || (slash >= 0 && resources.includes(`*${wanted.slice(slash)}`));
}

/** One line a rule, for people, in order; pieces that differ by their verb alone are one line. */
export function describeRules(rules: readonly PolicyRule[]): string[] {
  const merged = new Map<string, PolicyRule>();
  for (const rule of rules) {
    const key = JSON.stringify([rule.apiGroups, rule.resources, rule.resourceNames, rule.nonResourceURLs && rule]);
    const known = merged.get(key);
    merged.set(key, known ? { ...known, verbs: [...known.verbs, ...rule.verbs] } : rule);
  }
  return [...new Set([...merged.values()].map(describeRule))].toSorted();
}

function describeRule({ apiGroups, resources, nonResourceURLs, resourceNames, verbs }: PolicyRule): string {
  const parts = Object.entries({
    APIGroups: apiGroups,
    Resources: resources,
    NonResourceURLs: nonResourceURLs,
    ResourceNames: resourceNames,
    Verbs: verbs,
  }).flatMap(([name, values]) => values?.length ? [`${name}:${quotedList(values)}`] : []);
  return `{${parts.join(", ")}}`;
}

/** As Go's `%q` shows a list: `["a" "b"]`. */
export function quotedList(values: readonly string[]): string {
  return `[${values.map((value) => JSON.stringify(value)).join(" ")}]`;
}
