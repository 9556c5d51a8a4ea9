import { deepEqual } from "../../../api/meta/deep_equal.ts";
import { canonicalJson, templateHash } from "../../../api/meta/hash.ts";
import { controllerOf, controllerReference } from "../../../api/meta/owner.ts";
import type { KubeObject, Resource } from "../../../api/resource.ts";
import { controllerrevisions } from "../../../api/resources.ts";
import { isAlreadyExists, isNotFound } from "../../../api/status.ts";
import type { ControllerRevision } from "../../../api/types/apps_v1.ts";
import type { PodTemplateSpec } from "../../../api/types/core_v1.ts";
import type { Client } from "../../../client/client.ts";
import { targetOf } from "../shared/claim.ts";

export const revisionLabel = "controller-revision-hash";

export interface RevisionRequest {
  readonly client: Client;
  readonly owner: KubeObject;
  readonly resource: Resource;
  readonly template: PodTemplateSpec;
  /** The owner's revisions that are known. */
  readonly known: readonly ControllerRevision[];
  readonly collisionCount: number;
  readonly signal: AbortSignal;
}

export interface Revisions {
  /** Of the template as it is now. */
  readonly current: ControllerRevision;
  /** All others, the oldest first. */
  readonly old: readonly ControllerRevision[];
  readonly collisionCount: number;
}

/** What `kubectl rollout undo` applies to the owner as a strategic merge patch. Its keys are in order, as in upstream's: clients compare the bytes. */
function dataOf(template: PodTemplateSpec): unknown {
  return JSON.parse(canonicalJson({ spec: { template: { ...template, $patch: "replace" } } }));
}

/** The Pod template that a revision keeps. */
export function templateOf({ data }: ControllerRevision): PodTemplateSpec {
  const { $patch: _, ...template } =
    (data as { spec: { template: PodTemplateSpec & { $patch?: string } } }).spec.template;
  return template;
}

/**
 * Sees to it that there is a ControllerRevision of the owner's template, and that it has the highest number: a template that comes back, as in a
 * rollback, becomes the newest revision again.
 */
export async function syncRevisions(request: RevisionRequest): Promise<Revisions> {
  const { client, known, template, signal } = request;
  const data = dataOf(template);
  const sorted = known.toSorted(byRevision);
  const highest = sorted.at(-1)?.revision ?? 0;
  let { collisionCount } = request;
  let current = sorted.findLast((revision) => deepEqual(revision.data, data));
  if (current === undefined) ({ current, collisionCount } = await create(request, data, highest + 1));
  else if (current.revision < highest) {
    const patch = { metadata: { resourceVersion: current.metadata.resourceVersion }, revision: highest + 1 };
    const target = targetOf(current);
    current = await client.patch(controllerrevisions, target, { type: "merge", patch }, { signal });
  }
  const { uid } = current.metadata;
  return { current, old: sorted.filter(({ metadata }) => metadata.uid !== uid), collisionCount };
}

async function create(
  request: RevisionRequest,
  data: unknown,
  revision: number,
): Promise<{ current: ControllerRevision; collisionCount: number }> {
  const { client, owner, signal } = request;
  for (let collisionCount = request.collisionCount;; collisionCount++) {
    const wanted = newRevision(request, data, revision, collisionCount);
    try {
      return { current: await client.create(controllerrevisions, wanted, { signal }), collisionCount };
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
      // Our own of a moment ago, which the informer has not shown yet, or another template with the same hash.
      const found = await client.get(controllerrevisions, targetOf(wanted), { signal });
      const isOurs = controllerOf(found)?.uid === owner.metadata.uid && deepEqual(found.data, data);
      if (isOurs) return { current: found, collisionCount };
    }
  }
}

function newRevision(
  { owner, resource, template }: RevisionRequest,
  data: unknown,
  revision: number,
  collisionCount: number,
): ControllerRevision {
  const { name = "", namespace = "", annotations } = owner.metadata;
  const hash = templateHash(template, collisionCount);
  return {
    apiVersion: "apps/v1",
    kind: "ControllerRevision",
    metadata: {
      name: `${name.slice(0, maxPrefixLength)}-${hash}`,
      namespace,
      labels: { ...template.metadata?.labels, [revisionLabel]: hash },
      // `kubectl rollout history` shows the change cause among them.
      ...(annotations === undefined ? {} : { annotations }),
      ownerReferences: [controllerReference(owner, resource)],
    },
    data,
    revision,
  };
}

/** The name is a label's value for StatefulSets: 63 characters with the hash. */
const maxPrefixLength = 52;

/** Deletes the oldest revisions that are not in use, down to `limit` of them. */
export async function trimRevisions(
  client: Client,
  old: readonly ControllerRevision[],
  isInUse: (revision: ControllerRevision) => boolean,
  limit: number,
  signal: AbortSignal,
): Promise<void> {
  const unused = old.filter((revision) => !isInUse(revision)).toSorted(byRevision);
  for (const revision of unused.slice(0, Math.max(unused.length - limit, 0))) {
    try {
      await client.delete(controllerrevisions, targetOf(revision), { signal });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
}

function byRevision(a: ControllerRevision, b: ControllerRevision): number {
  return a.revision - b.revision;
}
