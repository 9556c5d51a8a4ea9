import { pods } from "../../../../api/resources.ts";
import type { Pod } from "../../../../api/types/core_v1.ts";
import type { Registry, WatchedEvent, WatchHandle } from "../../contract.ts";
import { referencesOf } from "./pod_references.ts";

/** What the Pods of one node refer to, kept up by a watch of these Pods. */
export class NodePods {
  readonly #references = new Map<string, ReadonlySet<string>>();
  /** In how many Pods each reference is. */
  readonly #counts = new Map<string, number>();
  #watch: WatchHandle | undefined;

  static async follow(registry: Registry, nodeName: string): Promise<NodePods> {
    const ofNode = new NodePods();
    const context = { user: { name: "system:apiserver", groups: [] }, warn: () => {} };
    const request = {
      namespace: "",
      allowWatchBookmarks: false,
      resourceVersion: "0",
      fieldSelector: `spec.nodeName=${nodeName.replace(/[\\,=]/g, "\\$&")}`,
    };
    const { group, version, resource } = pods;
    ofNode.#watch = await registry.store(group, version, resource)!.watch(
      context,
      request,
      (event) => ofNode.#take(event),
    );
    return ofNode;
  }

  has(reference: string): boolean {
    return this.#counts.has(reference);
  }

  /** Claims, as `namespace/name`. */
  *claims(): Iterable<string> {
    for (const reference of this.#counts.keys()) {
      if (reference.startsWith(claimPrefix)) yield reference.slice(claimPrefix.length);
    }
  }

  close(): void {
    this.#watch?.close();
  }

  #take(event: WatchedEvent): void {
    if (event.type === "BOOKMARK") return;
    const { namespace, name } = event.entry;
    const key = `${namespace}/${name}`;
    for (const reference of this.#references.get(key) ?? []) {
      const count = this.#counts.get(reference)! - 1;
      if (count === 0) this.#counts.delete(reference);
      else this.#counts.set(reference, count);
    }
    this.#references.delete(key);
    if (event.type === "DELETED") return;
    const references = referencesOf(event.entry.object as Pod);
    this.#references.set(key, references);
    for (const reference of references) this.#counts.set(reference, (this.#counts.get(reference) ?? 0) + 1);
  }
}

const claimPrefix = "persistentvolumeclaims/";
