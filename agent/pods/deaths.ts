/** A runtime tells of a death before its own books show it. */
import type { Container } from "../runtime/contract.ts";
import type { PodWorker } from "./pod_worker.ts";
import type { Shared } from "./shared.ts";
import { withTerminationMessage } from "./termination_message.ts";

/** So often the books are looked at, after so many milliseconds each. */
const looks = [0, 5, 10, 20, 40, 80, 160, 320, 640, 1280];
/** containerd learns of an OOM kill by another way than of the death, and for a moment calls it an error like any other. */
const oomNews = 200;

/** Tells the worker how its container has ended, or that there is none of it any more. */
export async function tellOfDeadContainer(id: string, worker: PodWorker, shared: Shared): Promise<void> {
  for (const wait of looks) {
    await pause(wait, shared);
    let container = await shared.runtime.container(id, shared.signal);
    if (!container) return worker.send({ type: "containerGone", id });
    if (container.state !== "exited") continue;
    const { stage, pod } = worker.state;
    if (mayBeOom(container) && stage.at === "active") {
      await pause(oomNews, shared);
      container = await shared.runtime.container(id, shared.signal) ?? container;
    }
    const told = await withTerminationMessage(container, shared.facts(), pod.metadata.uid ?? "");
    return worker.send({ type: "container", container: told });
  }
}

/** The same for a sandbox. */
export async function tellOfDeadSandbox(id: string, worker: PodWorker, shared: Shared): Promise<void> {
  for (const wait of looks) {
    await pause(wait, shared);
    const sandbox = await shared.runtime.sandbox(id, shared.signal);
    if (!sandbox) return worker.send({ type: "sandboxGone", id });
    if (!sandbox.ready) return worker.send({ type: "sandbox", sandbox });
  }
}

function pause(milliseconds: number, { clock }: Shared): Promise<void> | undefined {
  if (milliseconds === 0) return undefined;
  return new Promise((resolve) => void clock.after(milliseconds, resolve));
}

function mayBeOom({ exitCode, reason }: Container): boolean {
  return exitCode === 137 && reason === "Error";
}
