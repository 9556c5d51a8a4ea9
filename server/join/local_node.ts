import { getLogger } from "@logtape/logtape";
import type { Client } from "../../client/client.ts";
import type { KeyPair } from "../pki/issue.ts";
import type { Pki } from "../pki/pki.ts";
import { identitySecret, NodeIdentities } from "./node_identities.ts";

/** The node whose agent runs in the server's process. */
export interface LocalNode {
  readonly name: string;
  /** Names and addresses that it is reached by. */
  readonly addresses: readonly string[];
  /** Of its public key, SHA-256, hexadecimal. */
  readonly keyHash: string;
}

/** What a node's agent shows to others, and the authority that it trusts. */
export interface NodeIdentity {
  /** PEM. */
  readonly clusterCa: string;
  readonly serving: KeyPair;
  /** Calls back with each later serving certificate, and the authorities by then. */
  onRenewed(use: (identity: Pick<NodeIdentity, "clusterCa" | "serving">) => void): void;
}

const logger = getLogger(["skiff", "server"]);

/** Gives the nodes of this process their certificates, without the requests that other nodes have to make. */
export class LocalNodes {
  readonly #pki: Pick<Pki, "clusterCa" | "issueNode">;
  readonly #identities: NodeIdentities;
  readonly #renewals: (() => Promise<void>)[] = [];

  constructor(pki: Pick<Pki, "clusterCa" | "issueNode">, client: Client) {
    this.#pki = pki;
    this.#identities = new NodeIdentities(client);
  }

  /** The node's name is its key's from then on. */
  async identify({ name, addresses, keyHash }: LocalNode): Promise<NodeIdentity> {
    if (await this.#identities.takeOver(name, keyHash)) {
      logger.warn("node {node} was another machine's by Secret {secret}; it is this server's now", {
        node: name,
        secret: identitySecret(name).name,
      });
    }
    const issue = async () => {
      const { serving } = await this.#pki.issueNode(name, addresses);
      return { clusterCa: this.#pki.clusterCa, serving };
    };
    return {
      ...await issue(),
      onRenewed: (use) => void this.#renewals.push(async () => use(await issue())),
    };
  }

  /** Issues all of them anew: to be called with each renewal of the server's own, which come before those given here end. */
  async renew(): Promise<void> {
    for (const renew of this.#renewals) await renew();
  }
}
