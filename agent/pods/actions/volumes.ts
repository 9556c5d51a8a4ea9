import { messageOf, PodError } from "../pod_error.ts";
import type { Action } from "../state.ts";
import type { Run } from "./run.ts";

/** Also brings volumes that are there up to date. */
export async function mountVolumes(_: Action & { type: "mountVolumes" }, run: Run): Promise<void> {
  const { shared, signal } = run;
  const { pod, refreshAt } = run.state();
  try {
    const next = await shared.volumes.setUp(pod, signal);
    // A change that came meanwhile may have been missed: it stays due.
    if (run.state().refreshAt === refreshAt) run.send({ type: "refreshVolumes", at: next ?? Infinity });
  } catch (error) {
    signal.throwIfAborted();
    shared.event(pod, undefined, "Warning", "FailedMount", messageOf(error));
    throw new PodError("FailedMount", messageOf(error), { cause: error });
  }
}

export async function unmountVolumes(_: Action & { type: "unmountVolumes" }, run: Run): Promise<void> {
  await run.shared.volumes.tearDown(run.state().pod.metadata.uid ?? "");
}
