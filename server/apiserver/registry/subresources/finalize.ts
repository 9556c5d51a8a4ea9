import { setOf } from "../../../../api/patch/apply/field_set.ts";
import type { Namespace } from "../../../../api/types/core_v1.ts";
import { finalizersPath, validateNamespaceFinalizer } from "../../kinds/namespace.ts";
import { type Facet, wholeObject, within } from "../facet.ts";
import type { Shelf } from "../system.ts";

/** The finalizers of a namespace's spec, which only this subresource changes. The last one's going removes a namespace that was deleted. */
export function finalizeFacet(shelf: Shelf): Facet {
  return {
    ...wholeObject(shelf),
    subresource: "finalize",
    owns: within(setOf(["f:spec", "f:finalizers"])),
    merge(submitted, old) {
      const { finalizers } = (submitted as Namespace).spec;
      const spec = finalizers === undefined ? {} : { finalizers };
      return { ...old, metadata: { ...old.metadata }, spec } as Namespace;
    },
    validate: (object) =>
      ((object as Namespace).spec.finalizers ?? []).flatMap((name, index) =>
        validateNamespaceFinalizer(name, finalizersPath.index(index))
      ),
  };
}
