import { secrets } from "../../api/resources.ts";
import { isAlreadyExists, isNotFound } from "../../api/status.ts";
import type { Secret } from "../../api/types/core_v1.ts";
import type { Client } from "../../client/client.ts";

const namespace = "kube-system";

/** The Secret that says which machine has a node's name. */
export function identitySecret(node: string): { readonly namespace: string; readonly name: string } {
  return { namespace, name: `${node}.node-identity.skiff` };
}

/**
 * Which key each node's name belongs to: the first one that came with it has it until the Node or the Secret is deleted. Addresses play no part. Without this whoever
 * has the join token could become any node, and read what its Pods may read.
 */
export class NodeIdentities {
  readonly #client: Client;

  constructor(client: Client) {
    this.#client = client;
  }

  /** Undefined when the name is the key's, from now on if it was nobody's; else why it is not, and what to do. `keyHash` is hexadecimal. */
  async claim(node: string, keyHash: string, signal?: AbortSignal): Promise<string | undefined> {
    const known = await this.#find(node, signal) ?? await this.#create(node, keyHash, signal);
    if (hashIn(known) === keyHash) return undefined;
    const { name } = identitySecret(node);
    return `node ${node} belongs to another machine, or to this one before its data directory was lost. ` +
      `To give the name to this machine run "kubectl delete node ${node}", or "kubectl -n ${namespace} delete secret ${name}" to keep the Node, ` +
      "and start the agent again; or choose another name with --node-name";
  }

  /** For the node of a server's own machine, which holds the cluster's keys anyway. Answers whether another machine had the name. */
  async takeOver(node: string, keyHash: string, signal?: AbortSignal): Promise<boolean> {
    if (await this.claim(node, keyHash, signal) === undefined) return false;
    const patch = { data: { [FIELD]: btoa(keyHash) } };
    await this.#client.patch(secrets, identitySecret(node), { type: "merge", patch }, signal ? { signal } : {});
    return true;
  }

  /** Lets the next machine that comes have the name. */
  async release(node: string, signal?: AbortSignal): Promise<void> {
    try {
      await this.#client.delete(secrets, identitySecret(node), signal ? { signal } : {});
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  async #find(node: string, signal?: AbortSignal): Promise<Secret | undefined> {
    try {
      return await this.#client.get(secrets, identitySecret(node), signal ? { signal } : {});
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  async #create(node: string, keyHash: string, signal?: AbortSignal): Promise<Secret | undefined> {
    const metadata = identitySecret(node);
    try {
      return await this.#client.create(secrets, {
        apiVersion: "v1",
        kind: "Secret",
        metadata,
        type: "skiff.io/node-identity",
        data: { [FIELD]: btoa(keyHash) },
      }, signal ? { signal } : {});
    } catch (error) {
      // Another machine of the name was faster.
      if (isAlreadyExists(error)) return await this.#find(node, signal);
      throw error;
    }
  }
}

/** SHA-256 of the public key, hexadecimal. */
const FIELD = "key-sha256";

function hashIn(secret: Secret | undefined): string | undefined {
  const data = secret?.data?.[FIELD];
  return data === undefined ? undefined : atob(data);
}
