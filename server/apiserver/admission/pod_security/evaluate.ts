import { baselineChecks } from "./baseline.ts";
import type { Check, CheckPod, PodFacts, Violation } from "./check.ts";
import type { LevelVersion, PolicyVersion } from "./policy.ts";
import { restrictedChecks } from "./restricted.ts";

/** What the Pod breaks, baseline rules first; empty when it keeps all rules of the level. Pure. */
export function evaluate({ level, version }: LevelVersion, pod: PodFacts): readonly Violation[] {
  if (level === "privileged") return [];
  const minor = version === "latest" ? Infinity : version;
  return (level === "baseline" ? baseline : restricted)(minor).flatMap((check) => check(pod) ?? []);
}

/** `rule (what breaks it), rule (what breaks it)`. */
export function printDetails(violations: readonly Violation[]): string {
  return violations.map(({ reason, detail }) => `${reason} (${detail})`).join(", ");
}

export function printReasons(violations: readonly Violation[]): string {
  return violations.map(({ reason }) => reason).join(", ");
}

type Minor = Exclude<PolicyVersion, "latest">;

const baseline = remembered((minor) => present(baselineChecks, minor).map(({ check }) => check));

const restricted = remembered((minor) => {
  const own = present(restrictedChecks, minor);
  const overridden = new Set(own.map(({ overrides }) => overrides));
  const kept = present(baselineChecks, minor).filter(({ id }) => !overridden.has(id));
  return [...kept, ...own].map(({ check }) => check);
});

/** The checks that a version has, each in its form of that time. */
function present(checks: readonly Check[], minor: Minor): (Pick<Check, "id" | "overrides"> & { check: CheckPod })[] {
  return checks.flatMap((each) => {
    const form = each.versions.findLast(({ since }) => since <= minor);
    return form === undefined ? [] : [{ ...each, check: form.check }];
  });
}

const newest = Math.max(
  ...[...baselineChecks, ...restrictedChecks].flatMap(({ versions }) => versions.map(({ since }) => since)),
);

function remembered(make: (minor: Minor) => readonly CheckPod[]): (minor: Minor) => readonly CheckPod[] {
  const made = new Map<Minor, readonly CheckPod[]>();
  return (minor) => {
    // Versions yet to come are like the newest one: there are as many lists as there are versions, whatever labels say.
    const version = Math.min(minor, newest);
    let checks = made.get(version);
    if (checks === undefined) made.set(version, checks = make(version));
    return checks;
  };
}
