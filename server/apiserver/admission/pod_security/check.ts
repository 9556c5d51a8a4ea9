import type { Container, PodSpec } from "../../../../api/types/core_v1.ts";
import type { ObjectMeta } from "../../../../api/types/meta_v1.ts";

/** A Pod, or the template of one. */
export interface PodFacts {
  readonly metadata: ObjectMeta;
  readonly spec: PodSpec;
}

/** `reason` names the rule; `detail` says which parts of this Pod break it. */
export interface Violation {
  readonly reason: string;
  readonly detail: string;
}

/** Undefined when the Pod keeps the rule. */
export type CheckPod = (pod: PodFacts) => Violation | undefined;

/** One rule of the standards, which may have changed over time: `versions` begin with the minor version each. */
export interface Check {
  /** Upstream's; violations are reported in order of it. */
  readonly id: string;
  readonly versions: readonly { readonly since: number; readonly check: CheckPod }[];
  /** Of a restricted check: the baseline one that it makes superfluous. */
  readonly overrides?: string;
}

/** Init containers first, as upstream reports them. */
export function containersOf({ spec }: PodFacts): readonly Container[] {
  return [...spec.initContainers ?? [], ...spec.containers ?? [], ...spec.ephemeralContainers ?? []] as Container[];
}

export function joinQuoted(items: readonly string[]): string {
  return items.map((item) => `"${item}"`).join(", ");
}

export function sorted(items: Iterable<string>): string[] {
  return [...new Set(items)].sort();
}

/** `container "a"`, `containers "a", "b"`. */
export function named(noun: string, names: readonly string[]): string {
  return `${plural(noun, names)} ${joinQuoted(names)}`;
}

export function plural(noun: string, items: readonly unknown[]): string {
  return items.length === 1 ? noun : `${noun}s`;
}

/** Who sets something it should not: `pod`, `container "a"`, `pod and containers "a", "b"`. */
export function setters(pod: boolean, containers: readonly string[]): string {
  const parts = pod ? ["pod"] : [];
  if (containers.length > 0) parts.push(named("container", containers));
  return parts.join(" and ");
}

export function namesOf(containers: readonly Container[]): string[] {
  return containers.map(({ name }) => name ?? "");
}
