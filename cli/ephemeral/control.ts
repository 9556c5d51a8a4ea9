import { UserError } from "../error.ts";
import type { Cluster } from "./start_cluster.ts";

/** One answer, as a line of JSON. `request` is the number of the line that asked, 0 for the first cluster. */
type Answer =
  | { readonly request: number; readonly id: number; readonly kubeconfig: string; readonly url: string }
  | { readonly request: number; readonly closed: number }
  | { readonly request: number; readonly error: string };

/** Forks of one cluster, and their forks. */
const MAX_CLUSTERS = 100;

/**
 * Lets another program hold clusters: it writes `fork ID` or `close ID`, a line each, and reads a line of JSON for each. All of them end when its end of
 * the input is closed, as it is when it dies: nothing is left of them.
 */
export async function control(
  first: Cluster,
  lines: AsyncIterable<string>,
  write: (line: string) => void,
): Promise<void> {
  const clusters = new Map<number, Cluster>([[0, first]]);
  let [requests, next] = [0, 1];
  const tell = (answer: Answer) => write(JSON.stringify(answer));
  const shown = (id: number, { kubeconfig, url }: Cluster) => ({ id, kubeconfig, url });

  async function answer(request: number, line: string): Promise<Answer> {
    const [, verb, number] = /^(fork|close) (\d{1,9})$/.exec(line.trim()) ?? [];
    if (verb === undefined) throw new UserError(`${JSON.stringify(line)} is neither "fork ID" nor "close ID"`);
    const cluster = clusters.get(Number(number));
    if (cluster === undefined) throw new UserError(`there is no cluster ${number}`);
    if (verb === "close") {
      clusters.delete(Number(number));
      await cluster.close();
      return { request, closed: Number(number) };
    }
    if (clusters.size >= MAX_CLUSTERS) throw new UserError(`there are ${MAX_CLUSTERS} clusters already: close some`);
    const id = next++;
    const twin = await cluster.fork();
    clusters.set(id, twin);
    return { request, ...shown(id, twin) };
  }

  try {
    tell({ request: 0, ...shown(0, first) });
    const pending: Promise<void>[] = [];
    for await (const line of lines) {
      const request = ++requests;
      pending.push(answer(request, line).catch((error) => ({ request, error: (error as Error).message })).then(tell));
    }
    await Promise.all(pending);
  } finally {
    await Promise.all(clusters.values().map((cluster) => cluster.close()));
  }
}
