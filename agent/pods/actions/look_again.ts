import { labelKeys } from "../labels.ts";
import type { Run } from "./run.ts";

/**
 * Finds what the runtime has made for a Pod although its answer never came: a call that was cut short, by an end of this process or of the runtime, may
 * have come to its end there, and what it made holds the name that the next try needs. Never rejects.
 */
export async function lookAgain({ shared, state, send, signal }: Run): Promise<void> {
  const { runtime } = shared;
  const uid = state().pod.metadata.uid ?? "";
  try {
    const [sandboxes, containers] = await Promise.all([
      runtime.sandboxes(signal),
      runtime.containers(undefined, signal),
    ]);
    const isNew = (known: readonly { readonly id: string }[]) => (one: { readonly id: string }) =>
      known.every(({ id }) => id !== one.id);
    for (const { id } of sandboxes.filter((one) => one.uid === uid).filter(isNew(state().sandboxes))) {
      shared.claim(id, uid);
      const sandbox = await runtime.sandbox(id, signal);
      if (sandbox) send({ type: "sandbox", sandbox });
    }
    const ours = containers.filter(({ labels }) => labels[labelKeys.podUid] === uid);
    for (const { id } of ours.filter(isNew(state().containers))) {
      shared.claim(id, uid);
      const container = await runtime.container(id, signal);
      if (container) send({ type: "container", container });
    }
  } catch {
    // The next failure looks again.
  }
}
