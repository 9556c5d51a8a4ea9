import { deepEqual } from "../../../../api/meta/deep_equal.ts";
import { FieldError, root } from "../../../../api/meta/field.ts";
import { setOf } from "../../../../api/patch/apply/field_set.ts";
import type { Pod } from "../../../../api/types/core_v1.ts";
import { defaultContainer } from "../../kinds/pod_defaults.ts";
import { mirrorAnnotation, validatePodAnnotationUpdate } from "../../kinds/pod_annotations.ts";
import { validatePod } from "../../kinds/pod_validation.ts";
import { type Facet, wholeObject, within } from "../facet.ts";
import { bumpGeneration } from "../main_facet.ts";
import type { Shelf } from "../system.ts";

const path = root("spec", "ephemeralContainers");

/** Containers added to a running Pod, for debugging it. What is there stays as it is. */
export function ephemeralContainersFacet(shelf: Shelf): Facet {
  return {
    ...wholeObject(shelf),
    subresource: "ephemeralcontainers",
    owns: within(setOf(["f:spec", "f:ephemeralContainers"])),
    merge(submitted, old) {
      const pod = old as Pod;
      const ephemeralContainers = (submitted as Pod).spec.ephemeralContainers ?? [];
      for (const container of ephemeralContainers) defaultContainer(container);
      const object: Pod = { ...pod, metadata: { ...pod.metadata }, spec: { ...pod.spec, ephemeralContainers } };
      if (ephemeralContainers.length === 0) delete object.spec.ephemeralContainers;
      bumpGeneration(shelf, object, old);
      return object;
    },
    validate(object, old) {
      const [pod, before] = [object as Pod, old as Pod];
      if (before.metadata.annotations?.[mirrorAnnotation] !== undefined) {
        return [FieldError.forbidden(root(""), "static pods do not support ephemeral containers")];
      }
      const errors = [...validatePod(pod, before), ...validatePodAnnotationUpdate(pod, before)];
      for (const container of before.spec.ephemeralContainers ?? []) {
        const now = pod.spec.ephemeralContainers?.find(({ name }) => name === container.name);
        if (now === undefined) {
          errors.push(
            FieldError.forbidden(
              path,
              `existing ephemeral containers ${JSON.stringify(container.name)} may not be removed\n`,
            ),
          );
        } else if (!deepEqual(now, container)) {
          errors.push(
            FieldError.forbidden(
              path,
              `existing ephemeral containers ${JSON.stringify(container.name)} may not be changed\n`,
            ),
          );
        }
      }
      return errors;
    },
  };
}
