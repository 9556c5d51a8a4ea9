import { setOf } from "../../../../api/patch/apply/field_set.ts";
import type { Container, Pod } from "../../../../api/types/core_v1.ts";
import { validatePod } from "../../kinds/pod_validation.ts";
import { type Facet, wholeObject, within } from "../facet.ts";
import { bumpGeneration } from "../main_facet.ts";
import type { Shelf } from "../system.ts";

/** Resources of the containers of a running Pod; nothing else of what is submitted counts. */
export function resizeFacet(shelf: Shelf): Facet {
  return {
    ...wholeObject(shelf),
    subresource: "resize",
    owns: within(
      setOf(
        ...["f:containers", "f:initContainers"].flatMap((
          list,
        ) => [["f:spec", list, "*", "f:resources"], ["f:spec", list, "*", "f:resizePolicy"]]),
      ),
    ),
    merge(submitted, old) {
      const [wanted, pod] = [submitted as Pod, old as Pod];
      const spec = { ...pod.spec, containers: resized(pod.spec.containers, wanted.spec.containers) };
      if (pod.spec.initContainers && wanted.spec.initContainers) {
        spec.initContainers = resized(pod.spec.initContainers, wanted.spec.initContainers);
      }
      const object: Pod = { ...pod, metadata: { ...pod.metadata }, spec };
      bumpGeneration(shelf, object, old);
      return object;
    },
    validate: (object) => validatePod(object as Pod),
  };
}

function resized(containers: readonly Container[], wanted: readonly Container[]): Container[] {
  return containers.map((container) => {
    const match = wanted.find(({ name }) => name === container.name);
    if (match === undefined) return container;
    const { resources: _resources, resizePolicy: _resizePolicy, ...rest } = container;
    return {
      ...rest,
      ...(match.resources ? { resources: match.resources } : {}),
      ...(match.resizePolicy ? { resizePolicy: match.resizePolicy } : {}),
    };
  });
}
