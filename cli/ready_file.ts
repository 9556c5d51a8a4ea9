/** How far a start has come: the API answers, then the node is Ready. */
export type Stage = "api" | "node";

/** Tells whoever waits for the start, in one step; agents have no kubeconfig. Does nothing without a file. */
export async function writeReadyFile(path: string | undefined, stage: Stage, kubeconfig?: string): Promise<void> {
  if (path === undefined) return;
  const temporary = `${path}.tmp`;
  await Deno.writeTextFile(temporary, `${JSON.stringify({ stage, kubeconfig })}\n`);
  await Deno.rename(temporary, path);
}
