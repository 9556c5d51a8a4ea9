import type { Path, PathElement } from "./path_element.ts";

/**
 * A set of field paths, as a tree of their steps. Sets are never changed once made: operations give back one of their arguments where it
 * is the result already, so that what did not change can be told by `===`.
 *
 * Invariant: every node is a member or has children.
 */
export type FieldSet = ReadonlyMap<PathElement, FieldNode>;

export interface FieldNode {
  /** Whether the path that ends here is in the set; its children are paths of their own. */
  readonly member: boolean;
  readonly children: FieldSet;
}

export const emptySet: FieldSet = new Map();

/** A member without children. */
export const leaf: FieldNode = { member: true, children: emptySet };

/** Undefined for a node that would be neither a member nor have children. */
export function nodeOf(member: boolean, children: FieldSet): FieldNode | undefined {
  if (children.size === 0) return member ? leaf : undefined;
  return { member, children };
}

/** The set of these paths alone: their beginnings are no members. */
export function setOf(...paths: readonly Path[]): FieldSet {
  return paths.reduce((set, path) => union(set, setOfPath(path)), emptySet);
}

function setOfPath(path: Path): FieldSet {
  const [first, ...rest] = path;
  if (first === undefined) return emptySet;
  return new Map([[first, rest.length === 0 ? leaf : { member: false, children: setOfPath(rest) }]]);
}

export function union(a: FieldSet, b: FieldSet): FieldSet {
  if (b.size === 0 || a === b) return a;
  if (a.size === 0) return b;
  let merged: Map<PathElement, FieldNode> | undefined;
  for (const [element, other] of b) {
    const node = a.get(element);
    const both = node === undefined ? other : unionOfNodes(node, other);
    if (both === node) continue;
    merged ??= new Map(a);
    merged.set(element, both);
  }
  return merged ?? a;
}

function unionOfNodes(a: FieldNode, b: FieldNode): FieldNode {
  const member = a.member || b.member;
  const children = union(a.children, b.children);
  return member === a.member && children === a.children ? a : { member, children };
}

/** The paths in both. */
export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b) return a;
  if (a.size === 0 || b.size === 0) return emptySet;
  const common = new Map<PathElement, FieldNode>();
  for (const [element, node] of a) {
    const other = b.get(element);
    const both = other && nodeOf(node.member && other.member, intersection(node.children, other.children));
    if (both) common.set(element, both);
  }
  return common;
}

/** The paths of `a` that are not in `b`. A path stays when only what it begins with is in `b`. */
export function difference(a: FieldSet, b: FieldSet): FieldSet {
  return subtract(a, b, (node, other) => {
    const children = difference(node.children, other.children);
    const member = node.member && !other.member;
    return member === node.member && children === node.children ? node : nodeOf(member, children);
  });
}

/** The same, but with a path of `b` goes everything below it. */
export function recursiveDifference(a: FieldSet, b: FieldSet): FieldSet {
  return subtract(a, b, (node, other) => {
    if (other.member) return undefined;
    const children = recursiveDifference(node.children, other.children);
    return children === node.children ? node : nodeOf(node.member, children);
  });
}

function subtract(
  a: FieldSet,
  b: FieldSet,
  rest: (node: FieldNode, other: FieldNode) => FieldNode | undefined,
): FieldSet {
  if (a.size === 0 || b.size === 0) return a;
  let left: Map<PathElement, FieldNode> | undefined;
  for (const [element, other] of b) {
    const node = a.get(element);
    if (node === undefined) continue;
    const kept = rest(node, other);
    if (kept === node) continue;
    left ??= new Map(a);
    if (kept === undefined) left.delete(element);
    else left.set(element, kept);
  }
  return left ?? a;
}

export function hasPath(set: FieldSet, path: Path): boolean {
  let level = set;
  for (const [index, element] of path.entries()) {
    const node = level.get(element);
    if (node === undefined) return false;
    if (index === path.length - 1) return node.member;
    level = node.children;
  }
  return false;
}

/** All paths in a stable order: those of one level before the ones below them. */
export function* pathsOf(set: FieldSet, prefix: Path = []): Generator<Path> {
  const elements = [...set.keys()].sort();
  for (const element of elements) if (set.get(element)!.member) yield [...prefix, element];
  for (const element of elements) yield* pathsOf(set.get(element)!.children, [...prefix, element]);
}
