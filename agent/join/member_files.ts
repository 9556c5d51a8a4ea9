import { createPrivateKey, generateKeyPairSync, type KeyObject, X509Certificate } from "node:crypto";
import { keyHashOf } from "../../client/certificate_request.ts";
import { readIfPresent, writeFileAtomically } from "../../client/files.ts";
import { type NodeConfig, readNodeConfig } from "../../client/node_config.ts";

/** The key that a node is known by. */
export interface NodeKey {
  readonly key: KeyObject;
  /** PKCS #8, PEM. */
  readonly pem: string;
  /** Of its public half, as {@linkcode keyHashOf}. */
  readonly hash: string;
}

/** What a member of a cluster keeps in `agent/` of its data directory, to be one again after a restart without a server. */
export interface SavedMember {
  readonly key: NodeKey;
  readonly clusterCa: string;
  /** PEM. */
  readonly client: string;
  readonly serving: string;
  readonly config: NodeConfig;
}

/** The files of a node's membership. Keys and certificates are readable by their owner alone, each is replaced in one step. */
export class MemberFiles {
  readonly #directory: string;

  /** `dataDir` is the node's whole data directory. */
  constructor(dataDir: string) {
    this.#directory = `${dataDir}/agent`;
  }

  /** The node's key, made when there is none: who has it is the node. */
  async key(): Promise<NodeKey> {
    const path = `${this.#directory}/pki/node.key`;
    const found = await readIfPresent(path);
    const pem = found ?? newKey();
    if (found === undefined) await writeFileAtomically(path, pem, 0o600);
    return keyOf(pem);
  }

  /** Undefined unless all of it is there and belongs together: then it is to be asked for again. */
  async load(): Promise<SavedMember | undefined> {
    const [pem, clusterCa, client, serving, config] = await Promise.all(
      ["pki/node.key", "pki/server-ca.crt", "pki/kubelet-client.crt", "pki/kubelet-serving.crt", "cluster.json"].map((
        name,
      ) => readIfPresent(`${this.#directory}/${name}`)),
    );
    if (!pem || !clusterCa || !client || !serving || !config) return undefined;
    try {
      const key = keyOf(pem);
      const belong = [client, serving].every((pem) => keyHashOf(new X509Certificate(pem).publicKey) === key.hash);
      return belong ? { key, clusterCa, client, serving, config: readNodeConfig(JSON.parse(config)) } : undefined;
    } catch {
      return undefined;
    }
  }

  async save(part: Partial<Omit<SavedMember, "key">>): Promise<void> {
    const { clusterCa, client, serving, config } = part;
    if (clusterCa !== undefined) await this.#write("pki/server-ca.crt", clusterCa, 0o644);
    if (client !== undefined) await this.#write("pki/kubelet-client.crt", client, 0o600);
    if (serving !== undefined) await this.#write("pki/kubelet-serving.crt", serving, 0o600);
    if (config !== undefined) await this.#write("cluster.json", `${JSON.stringify(config, null, 2)}\n`, 0o644);
  }

  async #write(name: string, text: string, mode: number): Promise<void> {
    await writeFileAtomically(`${this.#directory}/${name}`, text, mode);
  }
}

function keyOf(pem: string): NodeKey {
  const key = createPrivateKey(pem);
  return { key, pem, hash: keyHashOf(key) };
}

function newKey(): string {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return privateKey.export({ type: "pkcs8", format: "pem" }) as string;
}
