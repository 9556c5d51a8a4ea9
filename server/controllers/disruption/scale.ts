import { controllerOf } from "../../../api/meta/owner.ts";
import type { KubeObject, Resource } from "../../../api/resource.ts";
import type { ResourceRow } from "../../../api/schema/contract.ts";
import { isNotFound } from "../../../api/status.ts";
import type { Scale } from "../../../api/types/autoscaling_v1.ts";
import type { Pod } from "../../../api/types/core_v1.ts";
import type { OwnerReference } from "../../../api/types/meta_v1.ts";
import type { Client, Target } from "../../../client/client.ts";

/** Pods whose controllers do not say how many there should be. */
export class NoScale extends Error {
  readonly reason = "NoScale";

  constructor(message: string) {
    super(message);
    this.name = "NoScale";
  }
}

export interface Expected {
  readonly count: number;
  /** Names of Pods without a controller. */
  readonly unmanaged: readonly string[];
}

/** How many Pods the controllers of these want together. Throws {@linkcode NoScale}. */
export async function expectedScale(
  client: Client,
  rows: readonly ResourceRow[],
  pods: readonly Pod[],
  signal: AbortSignal,
): Promise<Expected> {
  const counts = new Map<string, number>();
  const seen = new Set<string>();
  const unmanaged: string[] = [];
  for (const pod of pods) {
    const owner = controllerOf(pod);
    if (owner === undefined) unmanaged.push(pod.metadata.name ?? "");
    else if (!seen.has(owner.uid)) {
      seen.add(owner.uid);
      const [uid, count] = await scaleOf(client, rows, pod, owner, signal);
      counts.set(uid, count);
    }
  }
  return { count: [...counts.values()].reduce((sum, count) => sum + count, 0), unmanaged };
}

/** The uid of whoever decides, and the number: of a Deployment's ReplicaSets, which are two while it rolls, the Deployment counts. */
async function scaleOf(
  client: Client,
  rows: readonly ResourceRow[],
  { metadata: { name: pod, namespace = "" } }: Pod,
  owner: OwnerReference,
  signal: AbortSignal,
): Promise<[string, number]> {
  const row = rowOf(rows, owner);
  const target = { namespace, name: owner.name };
  const found = row && await unlessGone(client.get<KubeObject>(resourceOf(row), target, { signal }));
  if (row === undefined || found === undefined || found.metadata.uid !== owner.uid) {
    throw new NoScale(`found no controllers for pod ${JSON.stringify(pod)}`);
  }
  const above = row.group === "apps" && row.kind === "ReplicaSet" ? controllerOf(found) : undefined;
  if (above?.kind === "Deployment") {
    return await scaleOf(client, rows, { metadata: { name: pod!, namespace } } as Pod, above, signal);
  }
  if (!row.subresources.some(({ name }) => name === "scale")) {
    const name = row.group === "" ? row.resource : `${row.resource}.${row.group}`;
    throw new NoScale(`${name} does not implement the scale subresource`);
  }
  return [owner.uid, await replicasOf(client, row, target, signal)];
}

async function replicasOf(client: Client, row: ResourceRow, target: Target, signal: AbortSignal): Promise<number> {
  const { spec } = await client.get<Scale & KubeObject>(resourceOf(row), target, { subresource: "scale", signal });
  return spec?.replicas ?? 0;
}

function rowOf(rows: readonly ResourceRow[], { apiVersion, kind }: OwnerReference): ResourceRow | undefined {
  const group = apiVersion.includes("/") ? apiVersion.slice(0, apiVersion.indexOf("/")) : "";
  return rows.find((row) => row.group === group && row.kind === kind && row.namespaced && row.verbs.includes("get"));
}

function resourceOf<T extends KubeObject>({ group, version, resource, kind, namespaced }: ResourceRow): Resource<T> {
  return { group, version, resource, kind, namespaced };
}

async function unlessGone<T>(pending: Promise<T>): Promise<T | undefined> {
  try {
    return await pending;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
