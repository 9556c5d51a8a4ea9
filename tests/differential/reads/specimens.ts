import type { Pair } from "../sides.ts";

/** Where lists and watches find something. */
export const PLACE = "reads";

type Json = Record<string, unknown>;

export function configMap(name: string, labels: Json = {}, data: Json = {}): Json {
  return { metadata: { name, labels }, data };
}

export function pod(name: string, labels: Json = {}): Json {
  const spec = { serviceAccountName: "default", containers: [{ name: "main", image: "busybox:1.36" }] };
  return { metadata: { name, labels }, spec };
}

/** The same on both servers; fails when either refuses. */
export async function make(pair: Pair, path: string, body: Json): Promise<void> {
  for (const side of [pair.theirs, pair.ours]) {
    const { code, text } = await side.send({ method: "POST", path, body });
    if (code !== 201) throw new Error(`${path} is refused: ${text}`);
  }
}

/** The namespace with what Pods need. */
export async function makeNamespace(pair: Pair, name: string): Promise<void> {
  await make(pair, "/api/v1/namespaces", { metadata: { name } });
  await make(pair, `/api/v1/namespaces/${name}/serviceaccounts`, { metadata: { name: "default" } });
}
