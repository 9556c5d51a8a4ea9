import { pods } from "../../../api/resources.ts";
import { isConflict, isNotFound } from "../../../api/status.ts";
import { isStaticPod } from "../labels.ts";
import { logDirectoryPath, podDirectoryPath } from "../node_facts.ts";
import type { Action } from "../state.ts";
import type { Run } from "./run.ts";

export async function removeContainer({ id }: Action & { type: "removeContainer" }, run: Run): Promise<void> {
  const container = run.state().containers.find((other) => other.id === id);
  await run.shared.runtime.removeContainer(id, run.signal);
  if (container) {
    const facts = run.shared.facts();
    const log = `${logDirectoryPath(facts, run.state().pod)}/${container.name}/${container.attempt}.log`;
    await removePath(log);
  }
  run.send({ type: "containerGone", id });
}

/** Takes everything of the Pod off the node. Can be repeated. */
export async function clear(_: Action & { type: "clear" }, run: Run): Promise<void> {
  const { runtime, volumes, cgroups, facts } = run.shared;
  const { pod, containers } = run.state();
  const uid = pod.metadata.uid ?? "";
  await volumes.tearDown(uid);
  // Asked anew: a start that failed half way may have left one that nobody was told of.
  const sandboxes = (await runtime.sandboxes(run.signal)).filter((sandbox) => sandbox.uid === uid);
  const made = await Promise.all(sandboxes.map((sandbox) => runtime.containers(sandbox.id, run.signal)));
  const ids = new Set([...containers, ...made.flat()].map((container) => container.id));
  for (const id of ids) await runtime.removeContainer(id, run.signal);
  for (const { id } of sandboxes) {
    await runtime.stopSandbox(id, run.signal);
    await runtime.removeSandbox(id, run.signal);
  }
  await cgroups.remove(uid);
  await removePath(podDirectoryPath(facts(), uid));
  await removePath(logDirectoryPath(facts(), pod));
}

async function removePath(path: string): Promise<void> {
  try {
    await Deno.remove(path, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** The last words on a Pod: its final status, then its object goes for good. */
export async function deleteObject(_: Action & { type: "deleteObject" }, run: Run): Promise<void> {
  const { pod, absent } = run.state();
  if (absent || isStaticPod(pod)) return;
  const { client, status } = run.shared;
  await status.flushed(pod);
  const { name = "", namespace = "", uid = "" } = pod.metadata;
  try {
    await client.delete(pods, { namespace, name }, {
      gracePeriodSeconds: 0,
      preconditions: { uid },
      signal: run.signal,
    });
  } catch (error) {
    if (!isNotFound(error) && !isConflict(error)) throw error;
  }
}
