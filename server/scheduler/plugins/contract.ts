import type { NodeInfo, PodFacts } from "../node_info.ts";

/** Why a node is out of the question for a Pod, in the words that the event shows. */
export interface Refusal {
  readonly reasons: readonly string[];
}

/** A pure part of the decision. Filters say which nodes can take the Pod; scores, 0 to 100, which of them should. */
export interface Plugin {
  readonly name: string;
  filter?(pod: PodFacts, node: NodeInfo): Refusal | undefined;
  score?: { readonly weight: number; of(pod: PodFacts, node: NodeInfo): number };
}

/** A refusal for these reasons. */
export function refuse(...reasons: string[]): Refusal {
  return { reasons };
}
