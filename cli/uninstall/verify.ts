import { type HostState, STATE_KEYS } from "./host_state.ts";
import type { JournalRecord } from "./journal.ts";

/** What a look at the machine after the uninstallation found. */
export interface Verdict {
  /** Skiff's, and still there. */
  readonly left: readonly string[];
  /** Differs from before the installation and is not Skiff's: somebody else's work meanwhile. */
  readonly others: readonly string[];
}

export interface VerifyInputs {
  readonly journal: readonly JournalRecord[];
  readonly before: HostState;
  readonly after: HostState;
  /** Names of interfaces, nft tables and cgroups that are the clusters'. */
  readonly instances: readonly string[];
  /** Paths of the journal that exist. */
  readonly existing: ReadonlySet<string>;
  /** Paths that stay because they were asked to. */
  readonly kept: readonly string[];
}

/** Compares a machine with what it was. Pure. */
export function verify({ journal, before, after, instances, existing, kept }: VerifyInputs): Verdict {
  const left: string[] = [], others: string[] = [];
  const trees = journal.flatMap((record) => record.kind === "tree" ? [record.path] : []);
  for (const record of journal) {
    const path = pathThatGoes(record);
    if (path !== undefined && existing.has(path) && !kept.includes(path)) left.push(`${record.kind} ${path}`);
    if (record.kind === "replaced" && !existing.has(record.path)) left.push(`${record.path} was not put back`);
  }
  const isOurs = (key: keyof HostState, name: string): boolean =>
    key === "mounts"
      ? trees.some((tree) => `${name}/`.startsWith(`${tree}/`))
      : instances.some((instance) => key === "links" ? name.startsWith(instance) : lastWord(name) === instance);
  for (const key of STATE_KEYS) {
    for (const name of missing(after[key], before[key])) {
      if (isOurs(key, name)) left.push(`${SINGULAR[key]} ${name}`);
      else others.push(`new: ${SINGULAR[key]} ${name}`);
    }
    for (const name of missing(before[key], after[key])) others.push(`gone: ${SINGULAR[key]} ${name}`);
  }
  return { left, others };
}

const SINGULAR: Readonly<Record<keyof HostState, string>> = {
  mounts: "mount",
  links: "interface",
  tables: "nft table",
  cgroups: "cgroup",
};

function pathThatGoes(record: JournalRecord): string | undefined {
  return record.kind === "directory" || record.kind === "file" || record.kind === "tree" ? record.path : undefined;
}

function missing(all: readonly string[], from: readonly string[]): readonly string[] {
  const there = new Set(from);
  return all.filter((name) => !there.has(name));
}

function lastWord(name: string): string {
  return name.split(/[ /]/).at(-1)!;
}
