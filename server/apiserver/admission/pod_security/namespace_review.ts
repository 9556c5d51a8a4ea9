import { controllerOf } from "../../../../api/meta/owner.ts";
import { invalid } from "../../../../api/status.ts";
import { pods } from "../../../../api/resources.ts";
import type { Namespace, Pod } from "../../../../api/types/core_v1.ts";
import type { AdmissionContext, AdmissionRequest } from "../contract.ts";
import type { PodSecurityConfiguration } from "./configuration.ts";
import { evaluate, printReasons } from "./evaluate.ts";
import {
  compareLevels,
  isEquivalent,
  isFullyPrivileged,
  isSame,
  type LevelVersion,
  type Policy,
  policyOf,
  printExplicit,
  printLevelVersion,
} from "./policy.ts";

/** Pods beyond these are not looked at, and nothing after this time, in milliseconds: a label must not take long to set. */
const maxPods = 3000;
const maxTime = 1000;

/** Refuses labels that cannot be read, and warns of Pods that a stricter level would not have let in. */
export function reviewNamespace(
  request: AdmissionRequest,
  context: AdmissionContext,
  configuration: PodSecurityConfiguration,
): void {
  const namespace = request.object as Namespace;
  const { name = "", labels } = namespace.metadata;
  const { policy, errors } = policyOf(labels, configuration.defaults);
  const exempt = configuration.exemptions.namespaces.includes(name);
  if (request.operation === "CREATE") {
    if (errors.length > 0) throw invalid(request.row, name, errors);
    if (exempt) warnExempt(request, namespace, policy, configuration.defaults);
    return;
  }
  const before = policyOf(request.old?.metadata.labels, configuration.defaults);
  // Labels that were wrong before may stay so: other fields must remain changeable.
  const wasSame = errors.length === before.errors.length &&
    errors.every((error, i) => error.toString() === before.errors[i]!.toString());
  if (errors.length > 0 && !wasSame) throw invalid(request.row, name, errors);
  if (!isStricter(policy.enforce, before.policy.enforce)) return;
  if (exempt) return warnExempt(request, namespace, policy, configuration.defaults);
  for (const warning of podWarnings(name, policy.enforce, context, configuration)) request.warn(warning);
}

function isStricter(now: LevelVersion, before: LevelVersion): boolean {
  if (isSame(now, before) || now.level === "privileged") return false;
  return now.version !== before.version || compareLevels(now.level, before.level) > 0;
}

function warnExempt({ warn }: AdmissionRequest, { metadata }: Namespace, policy: Policy, defaults: Policy): void {
  if (isFullyPrivileged(policy) || isEquivalent(policy, defaults)) return;
  const name = JSON.stringify(metadata.name);
  const explicit = printExplicit(policy, metadata.labels);
  warn(`namespace ${name} is exempt from Pod Security, and the policy (${explicit}) will be ignored`);
}

function podWarnings(
  namespace: string,
  enforce: LevelVersion,
  { lookup, clock }: AdmissionContext,
  { exemptions }: PodSecurityConfiguration,
): string[] {
  const found = inOrder(lookup.all(pods, namespace), exemptions.runtimeClasses);
  const deadline = clock.now() + maxTime;
  const violators = new Map<string, { name: string; count: number }>();
  let checked = 0;
  for (const pod of found.slice(0, maxPods)) {
    checked++;
    const reasons = printReasons(evaluate(enforce, pod));
    if (reasons !== "") {
      const { name = "" } = pod.metadata;
      const known = violators.get(reasons);
      if (known === undefined) violators.set(reasons, { name, count: 1 });
      else Object.assign(known, { name: name < known.name ? name : known.name, count: known.count + 1 });
    }
    if (clock.now() > deadline) break;
  }
  const warnings: string[] = [];
  if (checked < found.length) {
    warnings.push(
      `new PodSecurity enforce level only checked against the first ${checked} of ${found.length} existing pods`,
    );
  }
  if (violators.size > 0) {
    const [name, level] = [namespace, printLevelVersion(enforce)].map((text) => JSON.stringify(text));
    warnings.push(`existing pods in namespace ${name} violate the new PodSecurity enforce level ${level}`);
  }
  return [...warnings, ...[...violators].map(([reasons, who]) => `${printViolators(who)}: ${reasons}`).sort()];
}

function printViolators({ name, count }: { readonly name: string; readonly count: number }): string {
  if (count === 1) return name;
  return count === 2 ? `${name} (and 1 other pod)` : `${name} (and ${count - 1} other pods)`;
}

/** One Pod of each controller first: if not all are looked at, each kind has been. */
function inOrder(all: Iterable<Pod>, exemptClasses: readonly string[]): Pod[] {
  const [first, replicas]: [Pod[], Pod[]] = [[], []];
  const seen = new Set<string>();
  for (const pod of all) {
    if (pod.spec.runtimeClassName && exemptClasses.includes(pod.spec.runtimeClassName)) continue;
    const owner = controllerOf(pod)?.uid;
    (owner !== undefined && seen.has(owner) ? replicas : first).push(pod);
    if (owner !== undefined) seen.add(owner);
  }
  return [...first, ...replicas];
}
