import { FieldError, root } from "../../../../api/meta/field.ts";

/** The Pod Security Standards, from the loosest. */
export type Level = "privileged" | "baseline" | "restricted";

const levels: readonly string[] = ["privileged", "baseline", "restricted"] satisfies Level[];

/** The minor version of Kubernetes whose rules count, or whichever are newest. */
export type PolicyVersion = number | "latest";

export interface LevelVersion {
  readonly level: Level;
  readonly version: PolicyVersion;
}

/** What a namespace asks for: whom it refuses, whom it records, whom it warns. */
export interface Policy {
  readonly enforce: LevelVersion;
  readonly audit: LevelVersion;
  readonly warn: LevelVersion;
}

type Mode = keyof Policy;
const modes: readonly Mode[] = ["enforce", "audit", "warn"];
const prefix = "pod-security.kubernetes.io/";

export const privileged: LevelVersion = { level: "privileged", version: "latest" };

export function printLevelVersion({ level, version }: LevelVersion): string {
  return `${level}:${version === "latest" ? version : `v1.${version}`}`;
}

export function isFullyPrivileged(policy: Policy): boolean {
  return modes.every((mode) => policy[mode].level === "privileged");
}

/** Negative when `a` is looser than `b`, positive when it is stricter. */
export function compareLevels(a: Level, b: Level): number {
  return levels.indexOf(a) - levels.indexOf(b);
}

export function isSame(a: LevelVersion, b: LevelVersion): boolean {
  return a.level === b.level && a.version === b.version;
}

/** Whether both come to the same; versions do not matter where everything is allowed. */
export function isEquivalent(a: Policy, b: Policy): boolean {
  return modes.every((mode) =>
    isSame(a[mode], b[mode]) || (a[mode].level === "privileged" && b[mode].level === "privileged")
  );
}

/** Undefined when the text is no level. */
export function parseLevel(text: string): Level | undefined {
  return levels.includes(text) ? text as Level : undefined;
}

/** Undefined when the text is neither `latest` nor `v1.N`. */
export function parseVersion(text: string): PolicyVersion | undefined {
  if (text === "latest") return text;
  const minor = /^v1\.(0|[1-9][0-9]{0,8})$/.exec(text)?.[1];
  return minor === undefined ? undefined : Number(minor);
}

/**
 * The policy that a namespace's labels choose; `defaults` where they say nothing. There is always one: a level that cannot be read enforces
 * `restricted`, so that a mistake opens nothing, but neither records nor warns.
 */
export function policyOf(
  labels: Readonly<Record<string, string>> | undefined,
  defaults: Policy,
): { readonly policy: Policy; readonly errors: readonly FieldError[] } {
  if (labels === undefined) return { policy: defaults, errors: [] };
  const errors: FieldError[] = [];
  const own = (label: string) => Object.hasOwn(labels, label) ? labels[label]! : undefined;
  const read = (mode: Mode): LevelVersion => {
    const [level, version] = [own(prefix + mode), own(`${prefix}${mode}-version`)];
    const parsedLevel = level === undefined ? defaults[mode].level : parseLevel(level);
    const parsedVersion = version === undefined ? defaults[mode].version : parseVersion(version);
    if (parsedLevel === undefined) {
      errors.push(invalidLabel(prefix + mode, level!, `must be one of ${levels.join(", ")}`));
    }
    if (parsedVersion === undefined) {
      errors.push(invalidLabel(`${prefix}${mode}-version`, version!, 'must be "latest" or "v1.x"'));
    }
    return {
      level: parsedLevel ?? (mode === "enforce" ? "restricted" : "privileged"),
      version: parsedVersion ?? "latest",
    };
  };
  const policy = { enforce: read("enforce"), audit: read("audit"), warn: read("warn") };
  // Who only asks for a stricter level to be enforced is warned of it where it cannot be enforced, in the templates of workloads.
  const enforceLevel = own(`${prefix}enforce`);
  const follows = own(`${prefix}warn`) === undefined && enforceLevel !== undefined && parseLevel(enforceLevel);
  if (follows && compareLevels(policy.enforce.level, policy.warn.level) > 0) {
    const version = own(`${prefix}warn-version`) === undefined ? policy.enforce.version : policy.warn.version;
    policy.warn = { level: policy.enforce.level, version };
  }
  return { policy, errors };
}

function invalidLabel(label: string, value: string, detail: string): FieldError {
  return FieldError.invalid(root("metadata", "labels").key(label), value, detail);
}

/** What a namespace's labels set explicitly and is not `privileged`: `enforce=baseline:latest, warn=…`. */
export function printExplicit(policy: Policy, labels: Readonly<Record<string, string>> = {}): string {
  return modes
    .filter((mode) =>
      policy[mode].level !== "privileged" &&
      (Object.hasOwn(labels, prefix + mode) || Object.hasOwn(labels, `${prefix}${mode}-version`))
    )
    .map((mode) => `${mode}=${printLevelVersion(policy[mode])}`)
    .join(", ");
}
