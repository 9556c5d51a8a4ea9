import type { Environment } from "@marcbachmann/cel-js";

const type = "kubernetes.Semver";
const number = "(0|[1-9][0-9]*)";
const form = new RegExp(
  `^${number}\\.${number}\\.${number}(?:-([0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*))?(?:\\+[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*)?$`,
);
const maxNumber = 2n ** 64n - 1n;

/** A version as semver.org defines it. What stands behind a plus sign is no part of its order. */
class Semver {
  readonly #numbers: readonly bigint[];
  readonly #prerelease: readonly string[];

  private constructor(numbers: readonly bigint[], prerelease: readonly string[]) {
    this.#numbers = numbers;
    this.#prerelease = prerelease;
  }

  /** Undefined when the text is no version. */
  static parse(text: string, normalize = false): Semver | undefined {
    const normalized = normalize ? normalizedVersion(text) : text;
    const [, major, minor, patch, prerelease] = normalized === undefined ? [] : form.exec(normalized) ?? [];
    if (major === undefined || minor === undefined || patch === undefined) return undefined;
    const numbers = [major, minor, patch].map(BigInt);
    const parts = prerelease?.split(".") ?? [];
    const hasLeadingZero = parts.some((part) => /^0[0-9]+$/.test(part));
    return hasLeadingZero || numbers.some((one) => one > maxNumber) ? undefined : new Semver(numbers, parts);
  }

  /** Major, minor or patch, by 0, 1, 2. */
  part(index: number): bigint {
    return this.#numbers[index]!;
  }

  equals(other: Semver): boolean {
    return this.compare(other) === 0n;
  }

  compare(other: Semver): bigint {
    for (const [index, one] of this.#numbers.entries()) {
      if (one !== other.part(index)) return one < other.part(index) ? -1n : 1n;
    }
    return comparePrereleases(this.#prerelease, other.#prerelease);
  }
}

/** Without a leading v and zeros, and with all three numbers; as upstream's, which does not touch white space. */
function normalizedVersion(text: string): string | undefined {
  const [major, minor, ...patch] = text.replace(/^v/, "").split(".");
  const parts = [major!, minor, patch.length > 0 ? patch.join(".") : undefined].filter((part) => part !== undefined);
  if (parts.length < 3 && /[+-]/.test(parts.at(-1)!)) return undefined;
  const numbers = parts.map((part) => part.length > 1 ? part.replace(/^0+/, "").replace(/^(?![0-9])/, "0") : part);
  return [...numbers, "0", "0"].slice(0, 3).join(".");
}

/** A version before its release comes before it; numbers come before words. */
function comparePrereleases(one: readonly string[], other: readonly string[]): bigint {
  if (one.length === 0 || other.length === 0) return BigInt(Math.sign(other.length - one.length));
  for (const [index, part] of one.entries()) {
    const against = other[index];
    if (against === undefined) return 1n;
    if (part === against) continue;
    const [isNumber, againstNumber] = [/^[0-9]+$/.test(part), /^[0-9]+$/.test(against)];
    if (isNumber !== againstNumber) return isNumber ? -1n : 1n;
    return (isNumber ? BigInt(part) < BigInt(against) : part < against) ? -1n : 1n;
  }
  return one.length < other.length ? -1n : 0n;
}

function semverOf(text: string, normalize = false): Semver {
  const version = Semver.parse(text, normalize);
  if (version === undefined) throw new RangeError(`${JSON.stringify(text)} is no semantic version`);
  return version;
}

/** Kubernetes' functions on semantic versions. */
export function registerSemver(environment: Environment): void {
  environment
    .registerType(type, { ctor: Semver, fields: {} })
    .registerOperator(`${type} == ${type}`, (one: Semver, other: Semver) => one.equals(other))
    .registerFunction(`semver(string): ${type}`, (text: string) => semverOf(text))
    .registerFunction(`semver(string, bool): ${type}`, semverOf)
    .registerFunction("isSemver(string): bool", (text: string) => Semver.parse(text) !== undefined)
    .registerFunction(
      "isSemver(string, bool): bool",
      (text: string, normalize: boolean) => Semver.parse(text, normalize) !== undefined,
    )
    .registerFunction(
      `${type}.isGreaterThan(${type}): bool`,
      (one: Semver, other: Semver) => one.compare(other) > 0n,
    )
    .registerFunction(`${type}.isLessThan(${type}): bool`, (one: Semver, other: Semver) => one.compare(other) < 0n)
    .registerFunction(`${type}.compareTo(${type}): int`, (one: Semver, other: Semver) => one.compare(other));
  for (const [index, name] of ["major", "minor", "patch"].entries()) {
    environment.registerFunction(`${type}.${name}(): int`, (version: Semver) => version.part(index));
  }
}
