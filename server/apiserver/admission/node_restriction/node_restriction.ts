import { deepEqual } from "../../../../api/meta/deep_equal.ts";
import type { KubeObject } from "../../../../api/resource.ts";
import { csidrivers, nodes, persistentvolumeclaims, persistentvolumes, pods } from "../../../../api/resources.ts";
import { notFound } from "../../../../api/status.ts";
import type { TokenRequest } from "../../../../api/types/authentication_v1.ts";
import type { CertificateSigningRequest } from "../../../../api/types/certificates_v1.ts";
import type { Node, PersistentVolumeClaim, Pod, Volume } from "../../../../api/types/core_v1.ts";
import type { ResourceSlice } from "../../../../api/types/resource_v1.ts";
import { nodeNameOf } from "../../auth/node/node_identity.ts";
import { parsed } from "../certificates.ts";
import type { AdmissionContext, AdmissionPlugin, AdmissionRequest } from "../contract.ts";
import { refuse } from "../refuse.ts";
import { apiReferenceOf } from "./api_references.ts";
import { forbiddenLabels } from "./labels.ts";

type Rule = (node: string, request: AdmissionRequest, context: AdmissionContext) => void | Promise<void>;

const mirrorAnnotation = "kubernetes.io/config.mirror";
const leaseNamespace = "kube-node-lease";
/** What is missing goes by its kind here, as upstream. */
const singular = { pod: { group: "", resource: "pod" }, node: { group: "", resource: "node" } } as const;

const rules: Readonly<Record<string, Rule>> = {
  "/pods": checkPod,
  "/nodes": checkNode,
  "/persistentvolumeclaims": checkClaim,
  "/serviceaccounts": checkToken,
  "coordination.k8s.io/leases": checkLease,
  "storage.k8s.io/csinodes": checkCsiNode,
  "resource.k8s.io/resourceslices": checkSlice,
  "certificates.k8s.io/certificatesigningrequests": checkCertificate,
};

/** Keeps nodes to what is theirs, by what the objects say: who takes over one node must not get at the others. */
export const nodeRestriction: AdmissionPlugin = {
  name: "NodeRestriction",
  resources: Object.keys(rules),
  // As upstream, before the values are looked at: a node is not told what else is wrong with what it may not write.
  mutate: restrict,
  validate: (request, context) => request.operation === "DELETE" ? restrict(request, context) : undefined,
};

function restrict(request: AdmissionRequest, context: AdmissionContext): void | Promise<void> {
  const node = nodeNameOf(request.user);
  if (node === undefined) return;
  return rules[`${request.row.group}/${request.row.resource}`]!(node, request, context);
}

function checkPod(node: string, request: AdmissionRequest, context: AdmissionContext): void {
  const { subresource, operation } = request;
  if (subresource === "status") return checkPodStatus(node, request);
  if (subresource === "eviction") {
    const pod = context.lookup.find(pods, request.namespace, request.name);
    if (pod === undefined) throw notFound(singular.pod, request.name);
    if (pod.spec.nodeName !== node) {
      throw refuse(request, `node ${node} can only evict pods with spec.nodeName set to itself`);
    }
    return;
  }
  if (subresource !== "") {
    const detail = `unexpected pod subresource ${
      JSON.stringify(subresource)
    }, only 'status' and 'eviction' are allowed`;
    throw refuse(request, detail);
  }
  if (operation === "CREATE") return checkMirror(node, request, context);
  if (operation === "DELETE") {
    if ((request.old as Pod).spec.nodeName === node) return;
    throw refuse(request, `node ${quote(node)} can only delete pods with spec.nodeName set to itself`);
  }
  const detail = `unexpected operation ${quote(operation)}, node ${quote(node)} can only create and delete mirror pods`;
  throw refuse(request, detail);
}

function checkMirror(node: string, request: AdmissionRequest, { lookup }: AdmissionContext): void {
  const pod = request.object as Pod;
  const who = `node ${quote(node)}`;
  const { annotations = {}, ownerReferences = [] } = pod.metadata;
  if (annotations[mirrorAnnotation] === undefined) {
    const detail = `pod does not have ${quote(mirrorAnnotation)} annotation, ${who} can only create mirror pods`;
    throw refuse(request, detail);
  }
  if (pod.spec.nodeName !== node) {
    throw refuse(request, `${who} can only create pods with spec.nodeName set to itself`);
  }
  const [owner, ...others] = ownerReferences;
  if (others.length > 0) {
    throw refuse(request, `${who} can only create pods with a single owner reference set to itself`);
  }
  if (owner?.apiVersion !== "v1" || owner.kind !== "Node" || owner.name !== node) {
    throw refuse(request, `${who} can only create pods with an owner reference set to itself`);
  }
  if (!owner.controller) {
    throw refuse(request, `${who} can only create pods with a controller owner reference set to itself`);
  }
  if (owner.blockOwnerDeletion) {
    throw refuse(request, `${who} must not set blockOwnerDeletion on an owner reference`);
  }
  const known = lookup.find(nodes, "", node);
  if (known === undefined) throw notFound(singular.node, node);
  if (owner.uid !== known.metadata.uid) {
    throw refuse(request, `node ${node} UID mismatch: expected ${owner.uid} got ${known.metadata.uid}`);
  }
  const reference = apiReferenceOf(pod);
  if (reference !== undefined) throw refuse(request, `${who} can not create pods that reference ${reference}`);
}

function checkPodStatus(node: string, request: AdmissionRequest): void {
  const [old, pod] = [request.old as Pod, request.object as Pod];
  const who = `node ${quote(node)}`;
  if (old.spec.nodeName !== node) {
    throw refuse(request, `${who} can only update pod status for pods with spec.nodeName set to itself`);
  }
  if (!deepEqual(old.metadata.labels ?? {}, pod.metadata.labels ?? {})) {
    throw refuse(request, `${who} cannot update labels through pod status`);
  }
  if (!deepEqual(old.status?.resourceClaimStatuses ?? [], pod.status?.resourceClaimStatuses ?? [])) {
    throw refuse(request, `${who} cannot update resource claim statues`);
  }
  if (!deepEqual(old.status?.extendedResourceClaimStatus, pod.status?.extendedResourceClaimStatus)) {
    throw refuse(request, `${who} cannot update extended resource claim status`);
  }
}

function checkNode(name: string, request: AdmissionRequest): void {
  const node = request.object as Node | undefined;
  const requested = request.name || node?.metadata.name || "";
  const who = `node ${quote(name)}`;
  if (requested !== name) throw refuse(request, `${who} is not allowed to modify node ${quote(requested)}`);
  if (node === undefined) return;
  const old = request.old as Node | undefined;
  if (old === undefined) {
    if (node.spec?.configSource) {
      throw refuse(request, `${who} is not allowed to create pods with a non-nil configSource`);
    }
    const labels = forbiddenLabels(node.metadata.labels);
    if (labels.length === 0) return;
    throw refuse(request, `${who} is not allowed to set the following labels: ${labels.join(", ")}`);
  }
  if (node.spec?.configSource && !deepEqual(node.spec.configSource, old.spec?.configSource)) {
    throw refuse(request, `${who} is not allowed to update configSource to a new non-nil configSource`);
  }
  if (!deepEqual(node.spec?.taints ?? [], old.spec?.taints ?? [])) {
    throw refuse(request, `${who} is not allowed to modify taints`);
  }
  if (!deepEqual(node.metadata.ownerReferences ?? [], old.metadata.ownerReferences ?? [])) {
    throw refuse(request, `${who} is not allowed to modify ownerReferences`);
  }
  const labels = forbiddenLabels(node.metadata.labels, old.metadata.labels);
  if (labels.length > 0) throw refuse(request, `is not allowed to modify labels: ${labels.join(", ")}`);
}

/** What a node reports of a volume that it grew. */
const claimFields = ["capacity", "conditions", "allocatedResourceStatuses", "allocatedResources"];

function checkClaim(node: string, request: AdmissionRequest): void {
  if (request.subresource !== "status") throw refuse(request, "may only update PVC status");
  if (request.operation !== "UPDATE") throw refuse(request, `unexpected operation ${quote(request.operation)}`);
  const rest = (object: KubeObject | undefined) => {
    const { metadata: { resourceVersion: _r, managedFields: _m, ...metadata }, status = {}, ...claim } =
      object as PersistentVolumeClaim;
    const kept = Object.entries(status).filter(([field]) => !claimFields.includes(field));
    return { ...claim, metadata, status: Object.fromEntries(kept) };
  };
  if (deepEqual(rest(request.old), rest(request.object))) return;
  const detail = `node ${quote(node)} is not allowed to update fields other than status.quantity and status.conditions`;
  throw refuse(request, detail);
}

async function checkToken(node: string, request: AdmissionRequest, context: AdmissionContext): Promise<void> {
  if (request.operation !== "CREATE" || request.subresource !== "token") return;
  const { spec } = request.object as unknown as TokenRequest;
  const ref = spec?.boundObjectRef;
  if (ref?.apiVersion !== "v1" || ref.kind !== "Pod" || !ref.name) {
    throw refuse(request, "node requested token not bound to a pod");
  }
  if (!ref.uid) throw refuse(request, "node requested token with a pod binding without a uid");
  const pod = context.lookup.find(pods, request.namespace, ref.name);
  if (pod === undefined) throw notFound(singular.pod, ref.name);
  if (ref.uid !== pod.metadata.uid) {
    const detail = `the UID in the bound object reference (${ref.uid}) does not match the UID in record. ` +
      "The object might have been deleted and then recreated";
    throw refuse(request, detail);
  }
  if (pod.spec.nodeName !== node) {
    throw refuse(request, "node requested token bound to a pod scheduled on a different node");
  }
  const audiences = spec.audiences ?? [];
  if (audiences.length > 1) throw refuse(request, "node may only request 0 or 1 audiences");
  const [audience = ""] = audiences;
  if ((pod.spec.volumes ?? []).some((volume) => wantsAudience(volume, pod, audience, context))) return;
  const resource = {
    group: "",
    version: "v1",
    resource: audience,
    subresource: "",
    namespace: request.namespace,
    name: request.name,
  };
  const asked = { user: request.user, verb: "request-serviceaccounts-token-audience", resource, path: "" };
  if ((await context.access.authorize(asked)).allowed) return;
  const detail = `audience ${quote(audience)} not found in pod spec volume, ${request.user.name} is not authorized ` +
    "to request tokens for this audience";
  throw refuse(request, detail);
}

function wantsAudience(volume: Volume, pod: Pod, audience: string, { lookup }: AdmissionContext): boolean {
  const wanted = (volume.projected?.sources ?? []).some(({ serviceAccountToken }) =>
    serviceAccountToken !== undefined && (serviceAccountToken.audience ?? "") === audience
  );
  if (wanted) return true;
  const claimName = volume.persistentVolumeClaim?.claimName ??
    (volume.ephemeral ? `${pod.metadata.name}-${volume.name}` : undefined);
  const claim = claimName && lookup.find(persistentvolumeclaims, pod.metadata.namespace ?? "", claimName);
  const persistent = claim && claim.spec?.volumeName && lookup.find(persistentvolumes, "", claim.spec.volumeName);
  const driver = volume.csi?.driver ?? (persistent ? persistent.spec?.csi?.driver : undefined);
  const known = driver === undefined ? undefined : lookup.find(csidrivers, "", driver);
  return known?.spec.tokenRequests?.some((request) => (request.audience ?? "") === audience) ?? false;
}

function checkLease(node: string, request: AdmissionRequest): void {
  if (request.namespace !== leaseNamespace) {
    throw refuse(request, `can only access leases in the ${quote(leaseNamespace)} system namespace`);
  }
  if (nameIn(request) !== node) {
    throw refuse(request, "can only access node lease with the same name as the requesting node");
  }
}

function checkCsiNode(node: string, request: AdmissionRequest): void {
  if (nameIn(request) === node) return;
  throw refuse(request, "can only access CSINode with the same name as the requesting node");
}

function checkSlice(node: string, request: AdmissionRequest): void {
  const { operation, object, old } = request;
  if (operation === "UPDATE") return;
  if (((object ?? old) as ResourceSlice).spec.nodeName === node) return;
  const verb = operation === "CREATE" ? "create" : "delete";
  throw refuse(request, `can only ${verb} ResourceSlice with the same NodeName as the requesting node`);
}

const nodeSigners: ReadonlySet<string> = new Set([
  "kubernetes.io/kubelet-serving",
  "kubernetes.io/kube-apiserver-client-kubelet",
]);

function checkCertificate(node: string, request: AdmissionRequest): void {
  if (request.operation !== "CREATE") return;
  const { spec } = request.object as CertificateSigningRequest;
  if (!nodeSigners.has(spec.signerName)) return;
  if (parsed(request, spec.request, "unable to parse csr").commonName !== `system:node:${node}`) {
    throw refuse(request, `can only create a node CSR with CN=system:node:${node}`);
  }
}

/** That of a new object is in the object alone. */
function nameIn({ operation, object, name }: AdmissionRequest): string {
  return operation === "CREATE" ? object?.metadata.name ?? "" : name;
}

function quote(text: string): string {
  return JSON.stringify(text);
}
