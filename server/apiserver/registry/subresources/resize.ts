import { setOf } from "../../../../api/patch/apply/field_set.ts";
import type { Container, Pod } from "../../../../api/types/core_v1.ts";
import { invalid } from "../../../../api/status.ts";
import { validateResize, validateSameContainers } from "../../kinds/pod_resize_validation.ts";
import { defaultRequests } from "../../kinds/pod_defaults.ts";
import { validatePod } from "../../kinds/pod_validation.ts";
import { type Facet, wholeObject, within } from "../facet.ts";
import { bumpGeneration } from "../main_facet.ts";
import type { Shelf } from "../system.ts";

/** Resources of a running Pod and of its containers; nothing else of what is submitted counts. */
export function resizeFacet(shelf: Shelf): Facet {
  return {
    ...wholeObject(shelf),
    subresource: "resize",
    owns: within(
      setOf(
        ["f:spec", "f:resources"],
        ...["f:containers", "f:initContainers"].flatMap((
          list,
        ) => [["f:spec", list, "*", "f:resources"], ["f:spec", list, "*", "f:resizePolicy"]]),
      ),
    ),
    merge(submitted, old) {
      const [wanted, pod] = [submitted as Pod, old as Pod];
      const others = validateSameContainers(wanted, pod);
      if (others.length > 0) throw invalid(shelf.row, pod.metadata.name ?? "", others);
      const spec = { ...pod.spec, containers: resized(pod.spec.containers, wanted.spec.containers) };
      if (pod.spec.initContainers && wanted.spec.initContainers) {
        spec.initContainers = resized(pod.spec.initContainers, wanted.spec.initContainers);
      }
      if (wanted.spec.resources) spec.resources = wanted.spec.resources;
      else delete spec.resources;
      const object: Pod = { ...pod, metadata: { ...pod.metadata }, spec };
      defaultRequests(object);
      bumpGeneration(shelf, object, old);
      return object;
    },
    validate: (object, old) => [...validatePod(object as Pod), ...validateResize(object as Pod, old as Pod)],
  };
}

function resized(containers: readonly Container[], wanted: readonly Container[]): Container[] {
  return containers.map((container, index) => {
    const match = wanted[index]!;
    const { resources: _resources, resizePolicy: _resizePolicy, ...rest } = container;
    return {
      ...rest,
      ...(match.resources ? { resources: match.resources } : {}),
      ...(match.resizePolicy ? { resizePolicy: match.resizePolicy } : {}),
    };
  });
}
