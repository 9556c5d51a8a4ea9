import { parseTime } from "../../api/meta/time.ts";
import { collectGarbage } from "./collect_garbage.ts";
import { decideContainers } from "./decide_containers.ts";
import { decideEnd, finished } from "./decide_end.ts";
import { Plan } from "./plan.ts";
import type { PodState } from "./state.ts";

/** What is to be done for a Pod in this state, and what becomes of the state by deciding it. */
export function decide(state: PodState, now: number): Plan {
  const plan = new Plan(state, now);
  if (!state.observed) return plan;
  advanceStage(plan);
  if (plan.state.stage.at === "active") {
    decideContainers(plan);
    collectGarbage(plan);
  } else {
    decideEnd(plan);
  }
  return plan;
}

function advanceStage(plan: Plan): void {
  const { state, now } = plan;
  const { stage, pod } = state;
  const deleted = state.absent || pod.metadata.deletionTimestamp !== undefined;
  if (stage.at === "active") {
    const why = deleted ? { type: "deleted" } as const : pastDeadline(plan) ?? finished(state);
    if (why) plan.state = { ...state, stage: { at: "ending", why, since: now } };
  } else if (stage.at === "ending" && stage.why.type === "completed" && deleted) {
    plan.state = { ...state, stage: { at: "ending", why: { type: "deleted" }, since: now } };
  }
}

function pastDeadline(plan: Plan): { type: "failed"; reason: string; message: string } | undefined {
  const { spec, status } = plan.state.pod;
  if (spec.activeDeadlineSeconds === undefined || !status?.startTime) return undefined;
  const deadline = parseTime(status.startTime) + spec.activeDeadlineSeconds * 1000;
  if (deadline > plan.now) {
    plan.wake(deadline);
    return undefined;
  }
  return {
    type: "failed",
    reason: "DeadlineExceeded",
    message: "Pod was active on the node longer than the specified deadline",
  };
}
