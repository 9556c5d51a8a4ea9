import { type NodeFacts, podDirectoryPath } from "./node_facts.ts";
import type { AppliedResources } from "./pod_resources.ts";

/** Kept in the Pod's own directory, and gone with it; Pods that were never resized have none. */
function notesPath(facts: NodeFacts, uid: string): string {
  return `${podDirectoryPath(facts, uid)}/resources.json`;
}

/** What a resize has come to, for an agent that starts anew. */
export async function writeResizeNotes(facts: NodeFacts, uid: string, applied: AppliedResources): Promise<void> {
  const path = notesPath(facts, uid);
  await Deno.mkdir(podDirectoryPath(facts, uid), { recursive: true, mode: 0o750 });
  await Deno.writeTextFile(`${path}.new`, JSON.stringify(applied), { mode: 0o600 });
  await Deno.rename(`${path}.new`, path);
}

/** Undefined when there are none; a file that cannot be read counts as none: the containers tell what they were made with. */
export async function readResizeNotes(facts: NodeFacts, uid: string): Promise<AppliedResources | undefined> {
  try {
    return JSON.parse(await Deno.readTextFile(notesPath(facts, uid))) as AppliedResources;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof SyntaxError) return undefined;
    throw error;
  }
}
