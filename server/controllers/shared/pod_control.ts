import type { KubeObject, Resource } from "../../../api/resource.ts";
import { pods } from "../../../api/resources.ts";
import { isNotFound } from "../../../api/status.ts";
import type { Pod, PodTemplateSpec } from "../../../api/types/core_v1.ts";
import type { ControllerContext } from "../contract.ts";
import { isNamespaceTerminating } from "../runner.ts";
import { targetOf } from "./claim.ts";
import { podFromTemplate } from "./pod_from_template.ts";

/** Creates a Pod for its owner and tells of it in an event. */
export async function createPod(
  { client, events }: ControllerContext,
  owner: KubeObject,
  resource: Resource,
  template: PodTemplateSpec,
  signal: AbortSignal,
  name?: string,
): Promise<Pod> {
  try {
    const pod = await client.create(pods, podFromTemplate(owner, resource, template, name), { signal });
    events.event(owner, "Normal", "SuccessfulCreate", `Created pod: ${pod.metadata.name}`);
    return pod;
  } catch (error) {
    if (!signal.aborted && !isNamespaceTerminating(error)) {
      events.event(owner, "Warning", "FailedCreate", `Error creating: ${(error as Error).message}`);
    }
    throw error;
  }
}

/** Deletes a Pod of an owner; one that is gone already, or was replaced under its name, is no error. Answers whether it was there. */
export async function deletePod(
  { client, events }: ControllerContext,
  owner: KubeObject,
  pod: Pod,
  signal: AbortSignal,
): Promise<boolean> {
  const { name, uid = "" } = pod.metadata;
  try {
    await client.delete(pods, targetOf(pod), { signal, preconditions: { uid } });
    events.event(owner, "Normal", "SuccessfulDelete", `Deleted pod: ${name}`);
    return true;
  } catch (error) {
    if (isNotFound(error)) return false;
    if (!signal.aborted) {
      events.event(owner, "Warning", "FailedDelete", `Error deleting pod ${name}: ${(error as Error).message}`);
    }
    throw error;
  }
}
