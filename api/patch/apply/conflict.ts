import type { StatusCause } from "../../types/meta_v1.ts";
import { StatusError } from "../../status.ts";
import { type FieldSet, hasPath, pathsOf } from "./field_set.ts";
import type { ManagerIdentity } from "./managers.ts";
import { formatPath, type Path } from "./path_element.ts";

/** A field that someone else owns and the configuration wants to be different. */
export interface Conflict {
  readonly owner: ManagerIdentity;
  readonly path: Path;
}

export function conflictsOf(owner: ManagerIdentity, fields: FieldSet): Conflict[] {
  return [...pathsOf(fields)].map((path) => ({ owner, path }));
}

/** The conflicts on fields that are not in the set. */
export function conflictsOutside(conflicts: readonly Conflict[], set: FieldSet): readonly Conflict[] {
  return conflicts.filter(({ path }) => !hasPath(set, path));
}

/** 409 in upstream's words, with a cause for each conflict. */
export function applyConflict(conflicts: readonly Conflict[]): StatusError {
  const causes = conflicts.map(({ owner, path }): StatusCause => ({
    reason: "FieldManagerConflict",
    message: `conflict with ${nameOf(owner)}`,
    field: formatPath(path),
  }));
  return new StatusError({
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    message: messageOf(conflicts),
    reason: "Conflict",
    details: { causes },
    code: 409,
  });
}

function messageOf(conflicts: readonly Conflict[]): string {
  if (conflicts.length === 1) {
    const { owner, path } = conflicts[0]!;
    return `Apply failed with 1 conflict: conflict with ${nameOf(owner)}: ${formatPath(path)}`;
  }
  const byOwner = Map.groupBy(conflicts, ({ owner }) => nameOf(owner));
  const lines = [...byOwner.keys()].sort().flatMap((owner) => [
    `conflicts with ${owner}:`,
    ...byOwner.get(owner)!.map(({ path }) => `- ${formatPath(path)}`),
  ]);
  return `Apply failed with ${conflicts.length} conflicts: ${lines.join("\n")}`;
}

function nameOf({ manager, operation, apiVersion, subresource }: ManagerIdentity): string {
  const on = subresource === "" ? "" : ` with subresource ${JSON.stringify(subresource)}`;
  const using = operation === "Update" ? ` using ${apiVersion}` : "";
  return `${JSON.stringify(manager)}${on}${using}`;
}
