import type { KubeObject, Resource } from "../../../../api/resource.ts";
import {
  persistentvolumeclaims,
  persistentvolumes,
  resourceslices,
  volumeattachments,
} from "../../../../api/resources.ts";
import { isNotFound } from "../../../../api/status.ts";
import type { Registry } from "../../contract.ts";
import { NodePods } from "./node_pods.ts";
import { reference, secretsOfVolume } from "./pod_references.ts";

/** Nodes whose Pods are followed; the one that asked the longest time ago goes first. */
const maxNodes = 4096;

/**
 * Which objects a node has to do with. Nothing is kept of nodes that never ask: a cluster whose only agent lives in the server's process
 * pays nothing.
 */
export class NodeGraph {
  readonly #registry: Registry;
  readonly #nodes = new Map<string, Promise<NodePods>>();

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  close(): void {
    for (const pods of this.#nodes.values()) stop(pods);
    this.#nodes.clear();
  }

  /** Whether a Pod of the node refers to it. */
  async refers(node: string, resource: string, namespace: string, name: string): Promise<boolean> {
    return (await this.#podsOf(node)).has(reference(resource, namespace, name));
  }

  /** A Secret may also be that of a volume whose claim a Pod uses. */
  async needsSecret(node: string, namespace: string, name: string): Promise<boolean> {
    const pods = await this.#podsOf(node);
    if (pods.has(reference("secrets", namespace, name))) return true;
    const wanted = `${namespace}/${name}`;
    for (const key of pods.claims()) {
      const [claimNamespace = "", claimName = ""] = key.split("/");
      const claim = await this.#find(persistentvolumeclaims, claimNamespace, claimName);
      const volume = claim?.spec?.volumeName
        ? await this.#find(persistentvolumes, "", claim.spec.volumeName)
        : undefined;
      const ref = volume?.spec?.claimRef;
      if (ref?.name !== claimName || ref.namespace !== claimNamespace) continue;
      if (secretsOfVolume(volume!).includes(wanted)) return true;
    }
    return false;
  }

  async needsVolume(node: string, name: string): Promise<boolean> {
    const { namespace = "", name: claim } = (await this.#find(persistentvolumes, "", name))?.spec?.claimRef ?? {};
    return claim !== undefined && await this.refers(node, "persistentvolumeclaims", namespace, claim);
  }

  async attaches(node: string, name: string): Promise<boolean> {
    return (await this.#find(volumeattachments, "", name))?.spec.nodeName === node;
  }

  async ownsSlice(node: string, name: string): Promise<boolean> {
    return (await this.#find(resourceslices, "", name))?.spec.nodeName === node;
  }

  #podsOf(node: string): Promise<NodePods> {
    const known = this.#nodes.get(node);
    if (known !== undefined) {
      this.#nodes.delete(node);
      this.#nodes.set(node, known);
      return known;
    }
    if (this.#nodes.size >= maxNodes) {
      const [oldest, pods] = this.#nodes.entries().next().value!;
      this.#nodes.delete(oldest);
      stop(pods);
    }
    const following = NodePods.follow(this.#registry, node);
    this.#nodes.set(node, following);
    following.catch(() => this.#nodes.delete(node));
    return following;
  }

  async #find<T extends KubeObject>(
    { group, version, resource }: Resource<T>,
    namespace: string,
    name: string,
  ): Promise<T | undefined> {
    const context = { user: { name: "system:apiserver", groups: [] }, warn: () => {} };
    try {
      return (await this.#registry.store(group, version, resource)?.get(context, { namespace, name }))?.object as T;
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }
}

function stop(pods: Promise<NodePods>): void {
  pods.then((following) => following.close(), () => {});
}
