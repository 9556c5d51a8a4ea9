import { writeFileAtomically } from "./files.ts";
import type { KeyPair } from "./issue.ts";

export interface KubeconfigFacts {
  /** `https://127.0.0.1:6443` */
  readonly server: string;
  /** PEM of the authority that signed the server's certificate. */
  readonly certificateAuthority: string;
  readonly client: KeyPair;
  /** Of cluster, user and context alike. */
  readonly name?: string;
}

/** The text of a kubeconfig with one cluster, one user and one context, certificates inside it. */
export function kubeconfigText(facts: KubeconfigFacts): string {
  const name = JSON.stringify(facts.name ?? "default");
  return `apiVersion: v1
kind: Config
clusters:
- name: ${name}
  cluster:
    server: ${JSON.stringify(facts.server)}
    certificate-authority-data: ${base64(facts.certificateAuthority)}
users:
- name: ${name}
  user:
    client-certificate-data: ${base64(facts.client.certificate)}
    client-key-data: ${base64(facts.client.key)}
contexts:
- name: ${name}
  context:
    cluster: ${name}
    user: ${name}
current-context: ${name}
`;
}

/** Where a server keeps the kubeconfig that the commands on its machine use. */
export function adminKubeconfig(dataDir: string): string {
  return `${dataDir}/server/cred/admin.kubeconfig`;
}

/** Writes the kubeconfig in one step, readable by its owner alone (it holds a private key). */
export async function writeKubeconfig(path: string, facts: KubeconfigFacts): Promise<void> {
  await writeFileAtomically(path, kubeconfigText(facts), 0o600);
}

function base64(text: string): string {
  return new TextEncoder().encode(text).toBase64();
}
