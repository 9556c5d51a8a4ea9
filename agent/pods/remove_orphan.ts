import type { NodeFacts } from "./node_facts.ts";
import { logDirectoryPath, podDirectoryPath } from "./node_facts.ts";
import { annotationKeys, labelKeys } from "./labels.ts";
import type { PodRuntime } from "./runtime_watch.ts";
import type { Shared } from "./shared.ts";

const defaultGraceSeconds = 30;

/** Ends and removes what the runtime has of a Pod that nobody wants any more. */
export async function removeOrphan(uid: string, found: PodRuntime, shared: Shared): Promise<void> {
  const { runtime, signal, volumes, cgroups } = shared;
  await Promise.all(found.containers.map(async (container) => {
    const grace = Number(container.annotations[annotationKeys.terminationGracePeriod] ?? defaultGraceSeconds);
    if (container.state === "running") await runtime.stopContainer(container.id, grace, signal);
    await runtime.removeContainer(container.id, signal);
  }));
  for (const { id } of found.sandboxes) {
    await runtime.stopSandbox(id, signal);
    await runtime.removeSandbox(id, signal);
  }
  await volumes.tearDown(uid);
  await cgroups.remove(uid);
  const facts = shared.facts();
  await removePath(podDirectoryPath(facts, uid));
  const labels = found.sandboxes[0]?.labels ?? found.containers[0]?.labels;
  if (labels) await removePath(logDirectoryPath(facts, podOf(uid, labels)));
}

/** The uids of Pods that have a directory. */
export async function podDirectories(facts: NodeFacts): Promise<string[]> {
  const uids: string[] = [];
  try {
    for await (const entry of Deno.readDir(facts.podsRoot)) if (entry.isDirectory) uids.push(entry.name);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return uids;
}

function podOf(uid: string, labels: Readonly<Record<string, string>>) {
  return {
    metadata: { uid, name: labels[labelKeys.podName] ?? "", namespace: labels[labelKeys.podNamespace] ?? "" },
  };
}

async function removePath(path: string): Promise<void> {
  try {
    await Deno.remove(path, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
