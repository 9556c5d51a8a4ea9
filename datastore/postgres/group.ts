import type { KeyValue, Operation } from "../contract.ts";
import type { CommitGroup } from "../mvcc/commit_queue.ts";
import type { CommitReply, Effect } from "../mvcc/commit_reply.ts";
import { type Current, decide } from "../mvcc/decide.ts";
import { firstId, revisionOf } from "../mvcc/row_id.ts";

/** A row that the group adds to the log. */
export interface NewRow {
  readonly id: number;
  readonly name: string;
  readonly deleted: number;
  readonly createRevision: number;
  readonly previous: number;
  readonly version: number;
  readonly value: string;
}

export interface PlannedGroup {
  /** The store's after the group. */
  readonly revision: number;
  readonly rows: readonly NewRow[];
  /** Rows whose values the replies need. */
  readonly wanted: readonly number[];
  /** One for each commit, from the wanted values by row id. */
  replies(values: ReadonlyMap<number, string>): CommitReply[];
}

interface Newest extends Current {
  readonly id: number;
  /** Of a row of this very group; others' values stay in the database until they are wanted. */
  readonly value?: string;
}

type Values = ReadonlyMap<number, string>;

function itemOf(key: string, newest: Newest, values: Values): KeyValue {
  const { id, createRevision, modRevision, version } = newest;
  return { key, value: newest.value ?? values.get(id)!, createRevision, modRevision, version };
}

/**
 * What a group of commits does to a store at `revision`, one after the other: later ones see what earlier ones did. `stored` are rows of id, name,
 * creation revision, version and deleted: the newest of each name in the group.
 */
export function planGroup(
  { commits, previous }: CommitGroup,
  revision: number,
  stored: readonly (readonly unknown[])[],
): PlannedGroup {
  const newest = new Map<string, Newest | undefined>();
  for (const [id, name, createRevision, version, deleted] of stored as [number, string, number, number, number][]) {
    if (deleted === 0) newest.set(name, { id, createRevision, modRevision: revisionOf(id), version });
  }
  const rows: NewRow[] = [];
  const wanted = new Set<number>();
  const want = (row: Newest | undefined) => {
    if (row && row.value === undefined) wanted.add(row.id);
  };
  const replies = commits.map((operations): (values: Values) => CommitReply => {
    const decision = decide(operations, revision + 1, (key) => newest.get(key));
    const at = decision.kind === "apply" && decision.changes.length > 0 ? ++revision : revision;
    if (decision.kind === "conflict") {
      for (const { actual } of decision.conflicts) want(actual);
      return (values) => ({
        kind: "conflict",
        revision: at,
        conflicts: decision.conflicts.map(({ index, actual }) => ({
          index,
          actual: actual && itemOf(operations[index]!.key, actual, values),
        })),
      });
    }
    for (const [i, { operation, before, createRevision, version }] of decision.changes.entries()) {
      if (previous) want(before);
      const id = firstId(at) + i;
      const value = operation.kind === "put" ? operation.value : "";
      rows.push({ ...rowOf(operation), id, createRevision, previous: before?.id ?? 0, version, value });
      newest.set(
        operation.key,
        operation.kind === "put" ? { id, createRevision, modRevision: at, version, value } : undefined,
      );
    }
    return (values) => ({
      kind: "done",
      revision: at,
      effects: decision.changes.map(({ operation, index, before, createRevision, version }): Effect => [
        index,
        createRevision,
        version,
        previous && before ? itemOf(operation.key, before, values) : undefined,
      ]),
    });
  });
  return { revision, rows, wanted: [...wanted], replies: (values) => replies.map((reply) => reply(values)) };
}

function rowOf({ kind, key }: Operation): Pick<NewRow, "name" | "deleted"> {
  return { name: key, deleted: kind === "put" ? 0 : 1 };
}
