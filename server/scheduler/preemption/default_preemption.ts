import { findCondition } from "../../../api/meta/conditions.ts";
import type { Pod } from "../../../api/types/core_v1.ts";
import { explain } from "../decide.ts";
import { type PodFacts, priorityOf } from "../node_info.ts";
import type { PostFilter, PostFilterContext, RefusedNode } from "../plugins/contract.ts";
import { pickCandidate } from "./pick_candidate.ts";
import { type Candidate, selectVictims } from "./select_victims.ts";

/** The reason of the condition DisruptionTarget on a victim. */
export const PREEMPTION_BY_SCHEDULER = "PreemptionByScheduler";
/** The search ends with so many candidates, or a tenth of the nodes where that is more: upstream's defaults. */
const MIN_CANDIDATES = 100;
const MIN_CANDIDATES_SHARE = 0.1;

/** Lets Pods of lower priority go, by upstream's rules. */
export const defaultPreemption: PostFilter = {
  name: "DefaultPreemption",
  postFilter(pod, refused, context) {
    const reason = whyNotNow(pod.pod, refused);
    if (reason) return { outcome: "wait", message: `preemption: ${reason}`, nomination: "keep" };
    const { candidates, reasons } = findCandidates(pod, refused, context);
    const best = pickCandidate(candidates);
    if (best) return { outcome: "preempt", node: best.node, victims: best.victims };
    return { outcome: "wait", message: `preemption: ${explain(refused.length, reasons)}`, nomination: "clear" };
  },
};

/** A Pod whose victims are still on their way out does not make more. */
function whyNotNow(pod: Pod, refused: readonly RefusedNode[]): string | undefined {
  if (pod.spec.preemptionPolicy === "Never") return "not eligible due to preemptionPolicy=Never.";
  const nominated = refused.find(({ node }) => node.node.metadata.name === pod.status?.nominatedNodeName);
  if (!nominated || nominated.refusal.unresolvable) return undefined;
  const leaving = [...nominated.node.pods.values()].some((other) =>
    priorityOf(other.pod) < priorityOf(pod) && isBeingPreempted(other.pod)
  );
  return leaving ? "not eligible due to a terminating pod on the nominated node." : undefined;
}

function isBeingPreempted({ metadata, status }: Pod): boolean {
  const condition = findCondition(status?.conditions, "DisruptionTarget");
  return metadata.deletionTimestamp !== undefined && condition?.status === "True" &&
    condition.reason === PREEMPTION_BY_SCHEDULER;
}

/** Candidates, from a random node on, and for each node that is none the reason. */
function findCandidates(pod: PodFacts, refused: readonly RefusedNode[], context: PostFilterContext) {
  const possible = refused.filter(({ refusal }) => !refusal.unresolvable);
  const reasons = refused.filter(({ refusal }) => refusal.unresolvable)
    .map(() => "Preemption is not helpful for scheduling");
  const candidates: Candidate[] = [];
  const enough = Math.max(MIN_CANDIDATES, Math.floor(possible.length * MIN_CANDIDATES_SHARE));
  const first = Math.floor(context.random() * possible.length);
  for (let i = 0; i < possible.length; i++) {
    const { node } = possible[(first + i) % possible.length]!;
    const found = selectVictims(pod, node, context);
    if ("reasons" in found) reasons.push(...found.reasons);
    else candidates.push(found);
    if (candidates.length >= enough && candidates.some(({ violations }) => violations === 0)) break;
  }
  return { candidates, reasons };
}
