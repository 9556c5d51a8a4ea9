import type { CertificateRequest } from "../../pki/certificate_request.ts";

/** What is wrong with a request for a signer; undefined when it may be signed. */
type Check = (request: CertificateRequest, usages: ReadonlySet<string>) => string | undefined;

export const kubeletClientSigner = "kubernetes.io/kube-apiserver-client-kubelet";

export const kubeletServingSigner = "kubernetes.io/kubelet-serving";

const nodesOrganization = "system:nodes";
/** Before a node's name in the name of its user. */
export const nodePrefix = "system:node:";

/** The signers of Kubernetes' own, by name, and what each signs. Other signers are other people's. */
export const signers: ReadonlyMap<string, Check> = new Map<string, Check>([
  ["kubernetes.io/kube-apiserver-client", (_request, usages) => checkClientUsages(usages)],
  [kubeletClientSigner, checkKubeletClient],
  [kubeletServingSigner, checkKubeletServing],
  ["kubernetes.io/legacy-unknown", () => undefined],
]);

function checkClientUsages(usages: ReadonlySet<string>): string | undefined {
  for (const usage of usages) {
    if (usage !== "digital signature" && usage !== "key encipherment" && usage !== "client auth") {
      return `invalid usage for client certificate: ${usage}`;
    }
  }
  return usages.has("client auth") ? undefined : "missing required usage for client certificate: client auth";
}

export function checkKubeletClient(request: CertificateRequest, usages: ReadonlySet<string>): string | undefined {
  const { names } = request;
  return checkOrganization(request) ??
    (names.dns.length > 0 ? "DNS subjectAltNames are not allowed" : undefined) ??
    (names.email.length > 0 ? "Email subjectAltNames are not allowed" : undefined) ??
    (names.ip.length > 0 ? "IP subjectAltNames are not allowed" : undefined) ??
    (names.uri.length > 0 ? "URI subjectAltNames are not allowed" : undefined) ??
    checkCommonName(request) ??
    checkUsages(usages, "client auth");
}

export function checkKubeletServing(request: CertificateRequest, usages: ReadonlySet<string>): string | undefined {
  const { names } = request;
  return checkOrganization(request) ??
    (names.dns.length + names.ip.length === 0 ? "DNS or IP subjectAltName is required" : undefined) ??
    (names.email.length > 0 ? "Email subjectAltNames are not allowed" : undefined) ??
    (names.uri.length > 0 ? "URI subjectAltNames are not allowed" : undefined) ??
    checkUsages(usages, "server auth") ??
    checkCommonName(request);
}

function checkOrganization({ organizations }: CertificateRequest): string | undefined {
  return organizations.length === 1 && organizations[0] === nodesOrganization
    ? undefined
    : `subject organization is not ${nodesOrganization}`;
}

function checkCommonName({ commonName }: CertificateRequest): string | undefined {
  return commonName.startsWith(nodePrefix) ? undefined : `subject common name does not begin with ${nodePrefix}`;
}

/** Keys that are not RSA need no encipherment. */
function checkUsages(usages: ReadonlySet<string>, main: string): string | undefined {
  const needed = ["digital signature", main];
  const others = [...usages].filter((usage) => !needed.includes(usage) && usage !== "key encipherment");
  if (others.length === 0 && needed.every((usage) => usages.has(usage))) return undefined;
  return `usages did not match [${["digital signature", "key encipherment", main].toSorted().join(" ")}]`;
}
