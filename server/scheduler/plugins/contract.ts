import type { PodDisruptionBudget } from "../../../api/types/policy_v1.ts";
import type { NodeInfo, PodFacts } from "../node_info.ts";

/** Why a node is out of the question for a Pod, in the words that the event shows. */
export interface Refusal {
  readonly reasons: readonly string[];
  /** Not even an empty node would do: no other Pod need go. */
  readonly unresolvable: boolean;
}

/** A pure part of the decision. Filters say which nodes can take the Pod; scores, 0 to 100, which of them should. */
export interface Plugin {
  readonly name: string;
  filter?(pod: PodFacts, node: NodeInfo): Refusal | undefined;
  score?: { readonly weight: number; of(pod: PodFacts, node: NodeInfo): number };
}

/** A refusal that ends when Pods go. */
export function refuse(...reasons: string[]): Refusal {
  return { reasons, unresolvable: false };
}

/** A refusal that the node's Pods have nothing to do with. */
export function refuseForGood(...reasons: string[]): Refusal {
  return { reasons, unresolvable: true };
}

/** A node and why it cannot take the Pod. */
export interface RefusedNode {
  readonly node: NodeInfo;
  readonly refusal: Refusal;
}

/** What a post-filter may ask. */
export interface PostFilterContext {
  /** The filters' word on the Pod and a node as it might be. */
  refusal(pod: PodFacts, node: NodeInfo): Refusal | undefined;
  readonly budgets: readonly PodDisruptionBudget[];
  /** 0 ≤ x < 1. */
  readonly random: () => number;
}

/** What is to be done for a Pod that no node can take. */
export type PostFilterResult =
  /** The Pod will fit on the node once the victims, the most important first, are gone. */
  | { readonly outcome: "preempt"; readonly node: string; readonly victims: readonly PodFacts[] }
  /** Nothing now. The nomination that the Pod has, if it has one, stays or falls. */
  | { readonly outcome: "wait"; readonly message: string; readonly nomination: "keep" | "clear" };

/** Asked, with every node and its refusal, when all nodes refuse a Pod. Pure. */
export interface PostFilter {
  readonly name: string;
  postFilter(pod: PodFacts, refused: readonly RefusedNode[], context: PostFilterContext): PostFilterResult;
}
