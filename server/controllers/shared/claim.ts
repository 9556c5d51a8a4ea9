import type { Selector } from "../../../api/meta/label_selector.ts";
import { controllerOf, controllerReference } from "../../../api/meta/owner.ts";
import type { KubeObject, Resource } from "../../../api/resource.ts";
import { isInvalid, isNotFound } from "../../../api/status.ts";
import type { Client, Target } from "../../../client/client.ts";

export interface Claim<Owner extends KubeObject, T extends KubeObject> {
  readonly client: Client;
  readonly owner: Owner;
  readonly ownerResource: Resource<Owner>;
  readonly selector: Selector;
  readonly resource: Resource<T>;
  /** Objects of the owner's namespace that it controls, or nobody. */
  readonly candidates: readonly T[];
  /** Whether one that nobody controls may be taken. */
  readonly mayAdopt: (object: T) => boolean;
  /** What an adopted one is to have from then on. */
  readonly finalizers?: readonly string[];
  readonly signal: AbortSignal;
}

/**
 * The objects that an owner controls: those that are its own and match its selector, and those that match and had no controller, which
 * it adopts. Its own that match no more are released. An owner that is being deleted adopts and releases nothing.
 */
export async function claim<Owner extends KubeObject, T extends KubeObject>(request: Claim<Owner, T>): Promise<T[]> {
  const { owner, selector, candidates, mayAdopt } = request;
  const deleting = owner.metadata.deletionTimestamp !== undefined;
  const claimed: T[] = [];
  const orphans: T[] = [];
  for (const object of candidates) {
    const controller = controllerOf(object);
    const matches = selector.matches(object.metadata.labels);
    if (controller === undefined) {
      const free = object.metadata.deletionTimestamp === undefined && mayAdopt(object);
      if (matches && free && !deleting) orphans.push(object);
    } else if (controller.uid === owner.metadata.uid) {
      if (matches) claimed.push(object);
      else if (!deleting && object.metadata.deletionTimestamp === undefined) await release(request, object);
      else if (deleting) claimed.push(object);
    }
  }
  if (orphans.length > 0 && await isStillThere(request)) {
    for (const object of orphans) {
      const adopted = await adopt(request, object);
      if (adopted !== undefined) claimed.push(adopted);
    }
  }
  return claimed;
}

/** The informer may not have seen yet that the owner was deleted, or made anew under the same name. */
async function isStillThere<Owner extends KubeObject, T extends KubeObject>(
  request: Claim<Owner, T>,
): Promise<boolean> {
  const { client, owner, ownerResource, signal } = request;
  try {
    const live = await client.get(ownerResource, targetOf(owner), { signal });
    return live.metadata.uid === owner.metadata.uid && live.metadata.deletionTimestamp === undefined;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}

function adopt<Owner extends KubeObject, T extends KubeObject>(
  request: Claim<Owner, T>,
  object: T,
): Promise<T | undefined> {
  const { client, owner, ownerResource, resource, finalizers, signal } = request;
  const ownerReferences = [controllerReference(owner, ownerResource)];
  const patch = { metadata: { uid: object.metadata.uid, ownerReferences, ...(finalizers && { finalizers }) } };
  return unlessGone(client.patch(resource, targetOf(object), { type: "strategic", patch }, { signal }));
}

async function release<Owner extends KubeObject, T extends KubeObject>(
  request: Claim<Owner, T>,
  object: T,
): Promise<void> {
  const { client, owner, resource, signal } = request;
  const ownerReferences = [{ $patch: "delete", uid: owner.metadata.uid }];
  const patch = { metadata: { uid: object.metadata.uid, ownerReferences } };
  await unlessGone(client.patch(resource, targetOf(object), { type: "strategic", patch }, { signal }));
}

/** An object that is gone or has a controller by now (two are refused as invalid) is no longer our business. */
async function unlessGone<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (isNotFound(error) || isInvalid(error)) return undefined;
    throw error;
  }
}

export function targetOf(object: KubeObject): Target {
  const { namespace = "", name = "" } = object.metadata;
  return { namespace, name };
}
