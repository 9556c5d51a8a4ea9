import { controllerOf } from "../../../api/meta/owner.ts";
import type { KubeObject } from "../../../api/resource.ts";
import type { Pod } from "../../../api/types/core_v1.ts";
import type { Informer } from "../../../client/informer_contract.ts";

const byController = "controller";
const byNode = "node";

function controllerKeys(object: KubeObject): readonly string[] {
  return [controllerOf(object)?.uid ?? orphansOf(object.metadata.namespace)];
}

function orphansOf(namespace = ""): string {
  return `orphans of ${namespace}`;
}

function nodeNames(pod: Pod): readonly string[] {
  return pod.spec.nodeName ? [pod.spec.nodeName] : [];
}

export function indexByController<T extends KubeObject>(informer: Informer<T>): void {
  informer.addIndex(byController, controllerKeys);
}

/** What `owner` controls, and what in its namespace nobody controls. Needs `indexByController`. */
export function claimable<T extends KubeObject>(informer: Informer<T>, owner: KubeObject): readonly T[] {
  const { uid = "", namespace } = owner.metadata;
  const orphans = informer.byIndex(byController, orphansOf(namespace));
  const own = informer.byIndex(byController, uid);
  return orphans.length === 0 ? own : [...own, ...orphans];
}

/** What `owner` controls. Needs `indexByController`. */
export function controlledBy<T extends KubeObject>(informer: Informer<T>, owner: KubeObject): readonly T[] {
  return informer.byIndex(byController, owner.metadata.uid ?? "");
}

export function indexByNode(informer: Informer<Pod>): void {
  informer.addIndex(byNode, nodeNames);
}

/** Pods bound to a node. Needs `indexByNode`. */
export function podsOnNode(informer: Informer<Pod>, node: string): readonly Pod[] {
  return informer.byIndex(byNode, node);
}
