import { FieldError, root } from "../../../../api/meta/field.ts";
import { formatTime } from "../../../../api/meta/time.ts";
import { withoutCondition } from "../../../../api/meta/conditions.ts";
import type { KubeObject } from "../../../../api/resource.ts";
import { conflict, invalid } from "../../../../api/status.ts";
import type { Binding, Pod, PodCondition } from "../../../../api/types/core_v1.ts";
import type { CreateRequest } from "../../contract.ts";
import { type Facet, wholeObject } from "../facet.ts";
import { ObjectEntry } from "../object_entry.ts";
import type { Shelf } from "../system.ts";
import { change } from "../update.ts";
import type { Creator } from "./creator.ts";

const attempts = 16;

/** Gives a Pod its node, once. */
export const bindPod: Creator = async (shelf, context, request) => {
  const binding = request.object as Binding;
  const name = request.name ?? binding.metadata.name ?? "";
  const { target } = binding;
  if (target?.kind && target.kind !== "Node") {
    const supported = FieldError.notSupported(root("target", "kind"), target.kind, ["Node", "<empty>"]);
    throw invalid({ group: "", kind: "Binding" }, name, [supported]);
  }
  if (!target?.name) {
    throw invalid({ group: "", kind: "Binding" }, name, [FieldError.required(root("target", "name"))]);
  }
  await change(shelf, bindingFacet(shelf, binding), context, {
    namespace: request.namespace,
    name,
    options: request.options,
    patches: true,
    attempts,
    submit: (object) => ({ object }),
  });
  return success(request);
};

function bindingFacet(shelf: Shelf, binding: Binding): Facet {
  return {
    ...wholeObject(shelf),
    subresource: "binding",
    untracked: true,
    merge(_submitted, old) {
      const pod = old as Pod;
      requireBindable(shelf, pod, binding);
      return bound(pod, binding, shelf.system.clock.now()) as KubeObject;
    },
    validate: () => [],
  };
}

function requireBindable(shelf: Shelf, pod: Pod, { metadata, target }: Binding): void {
  const { name = "", uid, deletionTimestamp } = pod.metadata;
  const refuse = (detail: string) => conflict({ group: "", resource: "pods/binding" }, name, detail);
  if (metadata.uid && metadata.uid !== uid) {
    throw conflict(
      shelf.row,
      name,
      `Precondition failed: UID in precondition: ${metadata.uid}, UID in object meta: ${uid}`,
    );
  }
  if (deletionTimestamp !== undefined) throw refuse(`pod ${name} is being deleted, cannot be assigned to a host`);
  if (pod.spec.nodeName) {
    throw refuse(
      `pod ${name} is already assigned to node ${JSON.stringify(pod.spec.nodeName)}; it cannot go to ${target.name}`,
    );
  }
  if (pod.spec.schedulingGates?.length) throw refuse(`pod ${name} has non-empty .spec.schedulingGates`);
}

function bound(pod: Pod, { metadata, target }: Binding, now: number): Pod {
  const scheduled: PodCondition = { type: "PodScheduled", status: "True", lastTransitionTime: formatTime(now) };
  const annotations = { ...pod.metadata.annotations, ...metadata.annotations };
  // Where it was to go says nothing any more.
  const { nominatedNodeName: _, ...status } = pod.status ?? {};
  return {
    ...pod,
    metadata: { ...pod.metadata, ...(Object.keys(annotations).length > 0 ? { annotations } : {}) },
    spec: { ...pod.spec, nodeName: target.name! },
    status: {
      ...status,
      conditions: [...withoutCondition(pod.status?.conditions ?? [], scheduled.type), scheduled],
    },
  };
}

/** Upstream answers an action that worked with a plain Status. */
export function success({ object }: Pick<CreateRequest, "object">): ObjectEntry {
  const { name } = object.metadata;
  return new ObjectEntry(
    {
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Success",
      code: 201,
      details: name ? { name } : undefined,
    } as KubeObject,
  );
}
