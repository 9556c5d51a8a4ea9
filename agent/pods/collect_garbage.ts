import type { Plan } from "./plan.ts";

/** Keeps the newest dead container of each name, for its logs and `lastState`, and the newest sandbox. */
export function collectGarbage(plan: Plan): void {
  const { state } = plan;
  const [current] = state.sandboxes;
  const kept = new Set<string>();
  for (const container of state.containers) {
    if (container.state === "running" || container.state === "unknown") continue;
    // What is being started shows as created for a moment.
    if (container.state === "created" && state.inFlight.has(`start:${container.name}`)) continue;
    if (kept.has(container.name)) plan.do({ type: "removeContainer", id: container.id });
    kept.add(container.name);
  }
  if (!current?.ready) return;
  for (const sandbox of state.sandboxes) {
    const used = state.containers.some((container) => container.sandboxId === sandbox.id);
    if (sandbox !== current && !used) plan.do({ type: "removeSandbox", id: sandbox.id });
  }
}
