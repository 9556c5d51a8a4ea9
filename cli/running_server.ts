import { HttpsTransport } from "../client/https_transport.ts";
import { readKubeconfig } from "../client/kubeconfig.ts";
import { adminKubeconfig } from "../server/pki/kubeconfig.ts";
import { UserError } from "./error.ts";

/** So long may a whole snapshot take. */
const TIMEOUT = 3_600_000;

/** What the server of a data directory answers its administrator on one path, as lines. */
export async function* askServer(dataDir: string, path: string, kubeconfig?: string): AsyncGenerator<string> {
  const file = kubeconfig ?? adminKubeconfig(dataDir);
  const isThere = await Deno.stat(file).then(() => true, () => false);
  if (!isThere) throw new UserError(`there is no ${file}: is ${dataDir} the data directory of a running server?`);
  const transport = new HttpsTransport({ ...await readKubeconfig(file), userAgent: "cli" });
  try {
    const answer = await transport.open({ method: "GET", path, timeout: TIMEOUT });
    yield* answer.lines();
  } finally {
    transport.close();
  }
}
