import { FieldError, root } from "../../../../api/meta/field.ts";
import { formatTime } from "../../../../api/meta/time.ts";
import { withoutCondition } from "../../../../api/meta/conditions.ts";
import type { KubeObject } from "../../../../api/resource.ts";
import { badRequest, conflict, invalid } from "../../../../api/status.ts";
import type { Binding, Pod, PodCondition } from "../../../../api/types/core_v1.ts";
import type { ObjectMeta } from "../../../../api/types/meta_v1.ts";
import { requireOneOf, requireText } from "../../kinds/checks.ts";
import { requirePreconditions } from "../preconditions.ts";
import { type Facet, wholeObject } from "../facet.ts";
import { ObjectEntry } from "../object_entry.ts";
import type { Shelf } from "../system.ts";
import { change } from "../update.ts";
import type { Creator } from "./creator.ts";

const attempts = 16;

/** Gives a Pod its node, once. */
export const bindPod: Creator = async (shelf, context, request) => {
  const binding = request.object as Binding;
  const { name = "" } = binding.metadata;
  if (request.name !== undefined && request.name !== name) {
    throw badRequest("name in URL does not match name in Binding object");
  }
  if (name === "") throw badRequest("Name parameter required.");
  const errors = validateTarget(binding);
  if (errors.length > 0) throw invalid({ group: "", kind: "Binding" }, name, errors);
  await change(shelf, bindingFacet(shelf, binding), context, {
    namespace: request.namespace,
    name,
    options: request.options,
    patches: true,
    attempts,
    submit(object, current) {
      const { uid, resourceVersion } = binding.metadata;
      requirePreconditions(shelf, current, { ...(uid && { uid }), ...(resourceVersion && { resourceVersion }) });
      return { object };
    },
  });
  return success();
};

function validateTarget({ target }: Binding): FieldError[] {
  const path = root("target");
  const errors: FieldError[] = [];
  requireOneOf(target?.kind || undefined, path.child("kind"), ["Node", "<empty>"], errors);
  requireText(target?.name, path.child("name"), errors);
  return errors;
}

function bindingFacet(shelf: Shelf, binding: Binding): Facet {
  return {
    ...wholeObject(shelf),
    subresource: "binding",
    untracked: true,
    merge(_submitted, old) {
      const pod = old as Pod;
      requireBindable(pod);
      return bound(pod, binding, shelf.system.clock.now()) as KubeObject;
    },
    validate: () => [],
  };
}

function requireBindable(pod: Pod): void {
  const { name = "", deletionTimestamp } = pod.metadata;
  const refuse = (detail: string) => conflict({ group: "", resource: "pods/binding" }, name, detail);
  if (deletionTimestamp !== undefined) throw refuse(`pod ${name} is being deleted, cannot be assigned to a host`);
  if (pod.spec.nodeName) throw refuse(`pod ${name} is already assigned to node ${JSON.stringify(pod.spec.nodeName)}`);
  if (pod.spec.schedulingGates?.length) throw refuse(`pod ${name} has non-empty .spec.schedulingGates`);
}

function bound(pod: Pod, { metadata, target }: Binding, now: number): Pod {
  const scheduled: PodCondition = { type: "PodScheduled", status: "True", lastTransitionTime: formatTime(now) };
  // Where it was to go says nothing any more.
  const { nominatedNodeName: _, ...status } = pod.status ?? {};
  return {
    ...pod,
    metadata: { ...pod.metadata, ...merged("annotations", pod, metadata), ...merged("labels", pod, metadata) },
    spec: { ...pod.spec, nodeName: target.name! },
    status: {
      ...status,
      conditions: [...withoutCondition(pod.status?.conditions ?? [], scheduled.type), scheduled],
    },
  };
}

/** What the Pod has, with what the binding brings for it. Absent when there is neither. */
function merged(field: "annotations" | "labels", { metadata }: Pod, brought: ObjectMeta): Partial<ObjectMeta> {
  const map = { ...metadata[field], ...brought[field] };
  return Object.keys(map).length > 0 ? { [field]: map } : {};
}

/** Upstream answers an action that worked with a plain Status. */
export function success(): ObjectEntry {
  return new ObjectEntry(
    { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", code: 201 } as KubeObject,
  );
}
