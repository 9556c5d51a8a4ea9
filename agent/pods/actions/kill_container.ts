import type { Container } from "../../../api/types/core_v1.ts";
import { runHook } from "../lifecycle_hook.ts";
import { messageOf } from "../pod_error.ts";
import { type Action, specContainer } from "../state.ts";
import { withTerminationMessage } from "../termination_message.ts";
import type { Run } from "./run.ts";

/** After a preStop that took all the time, a container still gets this long to react to its signal. */
const minimumGraceSeconds = 2;

/** preStop, the stop signal, and after the grace period the end; answers when the container is dead. */
export async function killContainer(action: Action & { type: "killContainer" }, run: Run): Promise<void> {
  const { shared, signal } = run;
  const { pod } = run.state();
  const { id, name } = action.container;
  const begin = shared.clock.now();
  const spec = specContainer(pod, name);
  shared.event(pod, name, "Normal", "Killing", action.message);
  const preStop = spec?.lifecycle?.preStop;
  if (spec && preStop && action.graceSeconds > 0 && action.container.state === "running") {
    await runPreStop(action, run, spec);
  }
  const spent = Math.floor((shared.clock.now() - begin) / 1000);
  const left = preStop ? Math.max(action.graceSeconds - spent, minimumGraceSeconds) : action.graceSeconds;
  await shared.runtime.stopContainer(id, Math.min(left, Math.max(action.graceSeconds, 1)), signal);
  const container = await shared.runtime.container(id, signal);
  if (!container) return run.send({ type: "containerGone", id });
  const uid = pod.metadata.uid ?? "";
  run.send({ type: "container", container: await withTerminationMessage(container, shared.facts(), uid) });
}

async function runPreStop(action: Action & { type: "killContainer" }, run: Run, container: Container): Promise<void> {
  const { shared, signal } = run;
  const state = run.state();
  const limit = new AbortController();
  const cancel = shared.clock.after(
    action.graceSeconds * 1000,
    () => limit.abort(new Error("the grace period is over")),
  );
  try {
    await runHook(container.lifecycle!.preStop!, {
      runtime: shared.runtime,
      clock: shared.clock,
      container,
      containerId: action.container.id,
      podIP: state.sandboxes[0]?.ips[0] ?? "",
    }, AbortSignal.any([signal, limit.signal]));
  } catch (error) {
    signal.throwIfAborted();
    const message = `PreStopHook failed: ${messageOf(error)}`;
    shared.event(state.pod, container.name, "Warning", "FailedPreStopHook", message);
  } finally {
    cancel();
  }
}
