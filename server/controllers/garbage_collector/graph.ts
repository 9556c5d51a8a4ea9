import type { Resource } from "../../../api/resource.ts";
import type { ObjectMeta, OwnerReference } from "../../../api/types/meta_v1.ts";
import { deletesDependents, orphansDependents } from "./propagation.ts";

/** What the graph keeps of an object: not the object. */
export interface GraphNode {
  readonly resource: Resource;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** Known from its dependents' references only: it may never have existed, or be gone. */
  readonly virtual: boolean;
  readonly beingDeleted: boolean;
  /** Deleted in the foreground: it goes after its dependents. */
  readonly deletesDependents: boolean;
  /** Deleted, and its dependents are to stay. */
  readonly orphansDependents: boolean;
  /** It names an owner in a way that can never be right. */
  readonly hasInvalidOwner: boolean;
  readonly owners: readonly { readonly node: GraphNode; readonly blocks: boolean }[];
  readonly dependents: ReadonlySet<GraphNode>;
}

interface MutableNode extends GraphNode {
  virtual: boolean;
  beingDeleted: boolean;
  deletesDependents: boolean;
  orphansDependents: boolean;
  hasInvalidOwner: boolean;
  owners: readonly Edge[];
  dependents: ReadonlySet<MutableNode>;
}

interface Edge {
  readonly node: MutableNode;
  readonly blocks: boolean;
}

export type FindResource = (apiVersion: string, kind: string) => Resource | undefined;

/**
 * Who owns whom, from what the watches tell. No I/O: `wake` is called with the uid of each node whose fate is to be looked at, again and again
 * for the same one. A node is its uid together with kind, namespace and name, so that a reference with the right uid and a wrong
 * namespace leads to a virtual node of its own and never to somebody else's object.
 */
export class OwnerGraph {
  readonly #find: FindResource;
  readonly #wake: (uid: string) => void;
  readonly #byUid = new Map<string, MutableNode[]>();

  constructor(find: FindResource, wake: (uid: string) => void) {
    this.#find = find;
    this.#wake = wake;
  }

  /** All that goes by this uid: one real object at most, and what references made up. */
  nodes(uid: string): readonly GraphNode[] {
    return this.#byUid.get(uid) ?? [];
  }

  /** The real ones of a resource, for comparing with a fresh list. */
  *of(resource: Resource): Generator<GraphNode> {
    for (const nodes of this.#byUid.values()) {
      for (const node of nodes) if (node.resource === resource && !node.virtual) yield node;
    }
  }

  /** Nodes that want a look even if nothing changes any more: what to begin with, once all kinds are listed. */
  *suspects(): Generator<GraphNode> {
    for (const nodes of this.#byUid.values()) {
      for (const node of nodes) {
        if (node.virtual || node.deletesDependents || node.orphansDependents || node.hasInvalidOwner) yield node;
        else if (node.owners.some((owner) => owner.node.deletesDependents)) yield node;
      }
    }
  }

  /** An object is there, new or changed. */
  observe(resource: Resource, metadata: ObjectMeta): void {
    const { namespace = "", name = "", uid = "" } = metadata;
    const node = this.#nodeOf(resource, namespace, name, uid);
    node.virtual = false;
    this.#link(node, metadata.ownerReferences ?? []);
    node.beingDeleted = metadata.deletionTimestamp !== undefined;
    const orphans = orphansDependents(metadata);
    if (orphans && !node.orphansDependents) this.#wake(uid);
    node.orphansDependents = orphans;
    const deletes = deletesDependents(metadata);
    if (deletes && !node.deletesDependents) {
      for (const dependent of node.dependents) this.#wake(dependent.uid);
      this.#wake(uid);
    }
    node.deletesDependents = deletes;
  }

  /** An object is gone. */
  forget(resource: Resource, { namespace = "", name = "", uid = "" }: ObjectMeta): void {
    const node = this.#lookUp(resource, namespace, name, uid);
    if (node !== undefined) this.#remove(node);
  }

  /** Like {@linkcode forget}, for a node in hand; a virtual one turned out not to exist. */
  remove(node: GraphNode): void {
    this.forget(node.resource, node);
  }

  #remove(node: MutableNode): void {
    this.#link(node, []);
    // While something refers to it, it stays as a virtual node, and is itself again should the object turn up after all.
    node.virtual = true;
    node.beingDeleted = node.deletesDependents = node.orphansDependents = false;
    for (const dependent of node.dependents) this.#wake(dependent.uid);
    this.#dropIfUnused(node);
  }

  #link(node: MutableNode, references: readonly OwnerReference[]): void {
    if (references.length === 0 && node.owners.length === 0) return;
    const edges: Edge[] = [];
    const wasInvalid = node.hasInvalidOwner;
    node.hasInvalidOwner = false;
    for (const reference of references) {
      const resource = this.#find(reference.apiVersion, reference.kind);
      if (resource === undefined) continue;
      if (resource.namespaced && node.namespace === "") {
        node.hasInvalidOwner = true;
        continue;
      }
      const owner = this.#ownerNode(resource, node.namespace, reference);
      // One that owns itself would wait for itself.
      if (owner !== node && !edges.some((edge) => edge.node === owner)) {
        edges.push({ node: owner, blocks: reference.blockOwnerDeletion ?? false });
      }
    }
    const before = node.owners;
    node.owners = edges;
    for (const edge of edges) this.#join(node, edge);
    for (const edge of before) this.#part(node, edge);
    if (node.hasInvalidOwner && !wasInvalid) this.#wake(node.uid);
  }

  #ownerNode(resource: Resource, namespace: string, { name, uid }: OwnerReference): MutableNode {
    return this.#nodeOf(resource, resource.namespaced ? namespace : "", name, uid);
  }

  #join(node: MutableNode, { node: owner }: Edge): void {
    if (owner.dependents.has(node)) return;
    // One that others refer to already may have been looked for and not found: then nobody will look again.
    if (owner.virtual) this.#wake(owner.dependents.size === 0 ? owner.uid : node.uid);
    if (owner.deletesDependents) this.#wake(node.uid);
    if (owner.dependents === noDependents) owner.dependents = new Set();
    (owner.dependents as Set<MutableNode>).add(node);
  }

  #part(node: MutableNode, { node: owner, blocks }: Edge): void {
    const now = node.owners.find((edge) => edge.node === owner);
    if (now === undefined) (owner.dependents as Set<MutableNode>).delete(node);
    if (owner.deletesDependents && blocks && !now?.blocks) this.#wake(owner.uid);
    this.#dropIfUnused(owner);
  }

  #nodeOf(resource: Resource, namespace: string, name: string, uid: string): MutableNode {
    const known = this.#lookUp(resource, namespace, name, uid);
    if (known !== undefined) return known;
    const node: MutableNode = {
      resource,
      namespace,
      name,
      uid,
      virtual: true,
      beingDeleted: false,
      deletesDependents: false,
      orphansDependents: false,
      hasInvalidOwner: false,
      owners: noEdges,
      dependents: noDependents,
    };
    const nodes = this.#byUid.get(uid);
    if (nodes === undefined) this.#byUid.set(uid, [node]);
    else nodes.push(node);
    return node;
  }

  #lookUp(resource: Resource, namespace: string, name: string, uid: string): MutableNode | undefined {
    return this.#byUid.get(uid)?.find((node) =>
      node.resource === resource && node.name === name && node.namespace === namespace
    );
  }

  #dropIfUnused(node: MutableNode): void {
    if (!node.virtual || node.dependents.size > 0) return;
    const left = (this.#byUid.get(node.uid) ?? []).filter((other) => other !== node);
    if (left.length === 0) this.#byUid.delete(node.uid);
    else this.#byUid.set(node.uid, left);
  }
}

// Most objects own nothing and are owned by nobody: they share these.
const noEdges: readonly Edge[] = [];
const noDependents: ReadonlySet<MutableNode> = new Set();
