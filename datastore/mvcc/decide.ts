import type { Operation } from "../contract.ts";

/** What sequencing must know of a key's newest value. */
export interface Current {
  readonly createRevision: number;
  readonly modRevision: number;
  readonly version: number;
}

/** What one operation does, and to what. */
export interface Change<C extends Current> {
  readonly operation: Operation;
  /** Of the operation in the commit. */
  readonly index: number;
  readonly before: C | undefined;
  /** Of the key after the commit; of a deletion, those of the value that went. */
  readonly createRevision: number;
  readonly version: number;
}

export type Decision<C extends Current> =
  | { readonly kind: "apply"; readonly changes: readonly Change<C>[] }
  | {
    readonly kind: "conflict";
    readonly conflicts: readonly { readonly index: number; readonly actual: C | undefined }[];
  };

/**
 * The heart of every engine: whether a commit may happen, and what it does when it takes `revision`. The operations have passed
 * `checkOperations`: each key occurs once, so that none sees another's change. No changes: the commit takes no revision.
 */
export function decide<C extends Current>(
  operations: readonly Operation[],
  revision: number,
  current: (key: string) => C | undefined,
): Decision<C> {
  const changes: Change<C>[] = [];
  const conflicts: { index: number; actual: C | undefined }[] = [];
  for (const [index, operation] of operations.entries()) {
    const before = current(operation.key);
    if (operation.expect !== undefined && operation.expect !== (before?.modRevision ?? 0)) {
      conflicts.push({ index, actual: before });
    } else if (operation.kind === "put") {
      changes.push({
        operation,
        index,
        before,
        createRevision: before?.createRevision ?? revision,
        version: (before?.version ?? 0) + 1,
      });
    } else if (before) {
      changes.push({ operation, index, before, createRevision: before.createRevision, version: before.version });
    }
  }
  return conflicts.length > 0 ? { kind: "conflict", conflicts } : { kind: "apply", changes };
}
