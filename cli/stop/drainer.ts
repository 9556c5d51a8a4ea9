import { X509Certificate } from "node:crypto";
import { MemberFiles } from "../../agent/join/member_files.ts";
import { createHttpsClient, type HttpsClient } from "../../client/https.ts";
import { readKubeconfig } from "../../client/kubeconfig.ts";
import { adminKubeconfig } from "../../server/pki/kubeconfig.ts";
import { UserError } from "../error.ts";

export interface DrainerOptions {
  /** Of the installation. */
  readonly dataDir: string;
  readonly kubeconfig?: string | undefined;
  readonly nodeName?: string | undefined;
}

/** Who drains a node: a client that may, and the node's name. The client is the caller's to close. */
export interface Drainer {
  readonly node: string;
  readonly client: HttpsClient;
}

/**
 * The administrator on a server, or whoever `--kubeconfig` names; on an agent the node itself, which may cordon itself and evict its own Pods. Rejects with a UserError where
 * there is neither.
 */
export async function openDrainer({ dataDir, kubeconfig, nodeName }: DrainerOptions): Promise<Drainer> {
  const hostName = Deno.hostname().toLowerCase();
  const file = kubeconfig ?? adminKubeconfig(dataDir);
  if (kubeconfig !== undefined || await isThere(file)) {
    const client = createHttpsClient({ ...await readKubeconfig(file), userAgent: "cli" });
    return { node: nodeName ?? hostName, client };
  }
  const member = await new MemberFiles(dataDir).load();
  const [server] = member?.config.servers ?? [];
  if (member === undefined || server === undefined) {
    throw new UserError(
      `${dataDir} holds neither a server's kubeconfig nor a node's certificate to drain with: give --kubeconfig`,
    );
  }
  const node = /CN=system:node:(.+)/.exec(new X509Certificate(member.client).subject)?.[1] ?? hostName;
  if (nodeName !== undefined && nodeName !== node) {
    throw new UserError(`this machine is the node ${node} and may drain no other; for ${nodeName} give --kubeconfig`);
  }
  const { clusterCa: ca, client: cert, key: { pem: key } } = member;
  return { node, client: createHttpsClient({ server, ca, cert, key, userAgent: "cli" }) };
}

async function isThere(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}
