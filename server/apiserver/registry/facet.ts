import type { FieldError } from "../../../api/meta/field.ts";
import { type FieldSet, nodeOf } from "../../../api/patch/apply/field_set.ts";
import type { Scope } from "../../../api/patch/apply/update.ts";
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
  /** What refusals call it, where that is not its kind: what is wrong is found in the stored version. */
  readonly refusedAs?: GroupKind;
  readonly message: MessageSchema;
  /** May give the object itself. */
  view(object: KubeObject): KubeObject;
  /** The whole that results from storing `submitted` (the caller's own, zero values gone) over `old` (frozen). May use parts of both. */
  merge(submitted: KubeObject, old: KubeObject): KubeObject;
  /** Changes the result to what follows from it, after admission: what it sets is nobody's, and what it drops remains its manager's. */
  prepare?(object: KubeObject, old: KubeObject): void;
  /** What a submitted object of the view's kind is in the store's, for views of another kind that can be created. May change it. */
  stores?(submitted: KubeObject): KubeObject;
  /** Works out what `prepare` builds on. What is found wrong here is told alone. */
  settle?(object: KubeObject, old: KubeObject): FieldError[];
  /** What is wrong with the result. */
  validate(object: KubeObject, old: KubeObject): FieldError[];
  /** Works out what follows from a result that was found valid. */
  complete?(object: KubeObject, old: KubeObject): void;
  /** What the client should hear of, though it is allowed. */
  warnings?(object: KubeObject, old: KubeObject): string[];
  answer(entry: Entry): Entry;
  /** Of the paths that a client sets, those that become its own: the ones that the facet stores. All of them when absent. */
  readonly owns?: Scope;
  /** For a view that has other fields than the object: what a configuration of it configures there, in whose paths its fields are tracked. */
  configures?(config: KubeObject): KubeObject;
  /** What it changes is nobody's. */
  readonly untracked?: true;
}

export function requireValidView(facet: Facet, name: string, errors: readonly FieldError[]): void {
  if (errors.length > 0) throw invalid(facet.refusedAs ?? facet.kind, name, errors);
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

/** The paths at and below those of `kept`; a step `*` there is any. */
export function within(kept: FieldSet): Scope {
  return (paths) => {
    const found = new Map();
    for (const [element, node] of paths) {
      const limit = kept.get(element) ?? kept.get("*");
      if (limit === undefined) continue;
      const allowed = limit.member ? node : nodeOf(false, within(limit.children)(node.children));
      if (allowed !== undefined) found.set(element, allowed);
    }
    return found;
  };
}
