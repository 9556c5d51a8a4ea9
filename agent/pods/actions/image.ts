import { messageOf, PodError } from "../pod_error.ts";
import { type Action, type Reason, specContainer } from "../state.ts";
import type { Run } from "./run.ts";

/** Answers the action itself: what became of the image is part of the answer. */
export async function ensureImage(action: Action & { type: "ensureImage" }, run: Run): Promise<void> {
  const { pod } = run.state();
  const container = specContainer(pod, action.container);
  if (!container) return run.send({ type: "settled", action });
  try {
    const id = await run.shared.images.ensure(pod, container, run.signal);
    run.send({ type: "image", action, image: { type: "present", id, use: action.use } });
  } catch (error) {
    if (run.signal.aborted) return run.send({ type: "settled", action });
    const { reason, message }: Reason = error instanceof PodError
      ? error
      : { reason: "ErrImagePull", message: messageOf(error) };
    run.send({ type: "image", action, image: { type: "failed", reason, message, use: action.use } });
  }
}
