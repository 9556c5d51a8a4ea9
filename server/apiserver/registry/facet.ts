import type { FieldError } from "../../../api/meta/field.ts";
import type { KubeObject } from "../../../api/resource.ts";
import type { MessageSchema } from "../../../api/schema/contract.ts";
import { type GroupKind, invalid } from "../../../api/status.ts";
import type { Entry } from "../contract.ts";
import type { Shelf } from "./system.ts";

/**
 * One way to see and change stored objects: as they are, by their status alone, as a Scale, in another version. What is read, updated and
 * patched is the view; what is stored is the whole.
 */
export interface Facet {
  /** `""` for the object itself and for its other versions. */
  readonly subresource: string;
  readonly kind: GroupKind & { readonly apiVersion: string };
  readonly message: MessageSchema;
  /** May give the object itself. */
  view(object: KubeObject): KubeObject;
  /** The whole that results from storing `submitted` (the caller's own, zero values gone) over `old` (frozen). May use parts of both. */
  merge(submitted: KubeObject, old: KubeObject): KubeObject;
  /** What is wrong with the result. */
  validate(object: KubeObject, old: KubeObject): FieldError[];
  answer(entry: Entry): Entry;
}

export function requireValidView(facet: Facet, name: string, errors: readonly FieldError[]): void {
  if (errors.length > 0) throw invalid(facet.kind, name, errors);
}

/** What all facets of one shelf that show whole objects have in common. */
export function wholeObject(
  shelf: Shelf,
): Pick<Facet, "kind" | "message" | "view" | "answer"> {
  return {
    kind: { group: shelf.row.group, kind: shelf.row.kind, apiVersion: shelf.storage.apiVersion },
    message: shelf.message,
    view: (object) => object,
    answer: (entry) => entry,
  };
}
