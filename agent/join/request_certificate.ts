import type { KeyObject } from "node:crypto";
import { certificatesigningrequests } from "../../api/resources.ts";
import type { CertificateSigningRequest } from "../../api/types/certificates_v1.ts";
import { makeCertificateRequest } from "../../client/certificate_request.ts";
import type { Client } from "../../client/client.ts";
import { JoinError } from "./error.ts";

/** What a node's certificates are for, and by whom they are signed. */
const PURPOSES = {
  client: { signerName: "kubernetes.io/kube-apiserver-client-kubelet", usage: "client auth" },
  serving: { signerName: "kubernetes.io/kubelet-serving", usage: "server auth" },
} as const;

export interface NodeCertificateRequest {
  readonly purpose: keyof typeof PURPOSES;
  readonly nodeName: string;
  /** Names and addresses, of a serving certificate. */
  readonly names?: readonly string[];
  readonly key: KeyObject;
}

/** So long a request may stay undecided before it counts as lost. */
const PATIENCE = 60_000;

/**
 * Asks for a certificate by a CertificateSigningRequest and waits until it is there: PEM. Rejects with a {@linkcode JoinError} `refused` or, for a name that is another
 * machine's, `otherMachine`; with the API's own error otherwise.
 */
export async function requestCertificate(
  client: Client,
  { purpose, nodeName, names = [], key }: NodeCertificateRequest,
  signal: AbortSignal,
): Promise<string> {
  const { signerName, usage } = PURPOSES[purpose];
  const subject = { commonName: `system:node:${nodeName}`, organizations: ["system:nodes"], names };
  const created = await client.create(certificatesigningrequests, {
    apiVersion: "certificates.k8s.io/v1",
    kind: "CertificateSigningRequest",
    metadata: { generateName: `${purpose === "client" ? "node-csr" : "csr"}-` },
    spec: {
      request: btoa(makeCertificateRequest(subject, key)),
      signerName,
      usages: ["digital signature", usage],
    },
  }, { signal });
  const late = AbortSignal.timeout(PATIENCE);
  const { name = "", resourceVersion = "" } = created.metadata;
  for await (const request of states(client, name, resourceVersion, AbortSignal.any([signal, late]))) {
    const certificate = outcomeOf(request);
    if (certificate !== undefined) return certificate;
  }
  signal.throwIfAborted();
  throw new JoinError(
    "refused",
    `nobody has approved the certificate request ${name} within ${
      PATIENCE / 1000
    } s: is the server's controller manager at work? "kubectl describe csr ${name}" tells more`,
  );
}

/** The request each time it has changed. Watches end; what happened in between is read. */
async function* states(
  client: Client,
  name: string,
  resourceVersion: string,
  signal: AbortSignal,
): AsyncGenerator<CertificateSigningRequest> {
  const fieldSelector = `metadata.name=${name}`;
  for (let after = resourceVersion; !signal.aborted;) {
    for await (
      const event of client.watch(certificatesigningrequests, { fieldSelector, resourceVersion: after, signal })
    ) {
      if (event.type !== "BOOKMARK") yield event.object;
    }
    if (signal.aborted) return;
    const known = await client.get(certificatesigningrequests, { name }, { signal });
    after = known.metadata.resourceVersion ?? "";
    yield known;
  }
}

function outcomeOf({ metadata, status }: CertificateSigningRequest): string | undefined {
  const ended = status?.conditions?.find(({ type }) => type === "Denied" || type === "Failed");
  if (ended) {
    throw new JoinError(
      ended.reason === "OtherMachine" ? "otherMachine" : "refused",
      ended.message || `the certificate request ${metadata.name} was ${ended.type.toLowerCase()}`,
    );
  }
  return status?.certificate ? atob(status.certificate) : undefined;
}
