/** What the API's sources do not say of its resources: how kube-apiserver 1.36 serves them. Written by hand. */

export interface GroupVersion {
  /** As in URLs; `""` for the core group. */
  readonly group: string;
  readonly version: string;
  /** Below k8s.io/api, and the stem of the file of types: `rbac/v1`. */
  readonly folder: string;
}

function served(folder: string, group: string): GroupVersion {
  return { folder, group, version: folder.slice(folder.indexOf("/") + 1) };
}

/** In the order of discovery. */
export const groupVersions: readonly GroupVersion[] = [
  served("core/v1", ""),
  served("apps/v1", "apps"),
  served("events/v1", "events.k8s.io"),
  served("authentication/v1", "authentication.k8s.io"),
  served("authorization/v1", "authorization.k8s.io"),
  served("autoscaling/v2", "autoscaling"),
  served("autoscaling/v1", "autoscaling"),
  served("batch/v1", "batch"),
  served("certificates/v1", "certificates.k8s.io"),
  served("networking/v1", "networking.k8s.io"),
  served("policy/v1", "policy"),
  served("rbac/v1", "rbac.authorization.k8s.io"),
  served("storage/v1", "storage.k8s.io"),
  served("admissionregistration/v1", "admissionregistration.k8s.io"),
  served("scheduling/v1", "scheduling.k8s.io"),
  served("coordination/v1", "coordination.k8s.io"),
  served("node/v1", "node.k8s.io"),
  served("discovery/v1", "discovery.k8s.io"),
  served("flowcontrol/v1", "flowcontrol.apiserver.k8s.io"),
  served("resource/v1", "resource.k8s.io"),
];

/** Kinds of k8s.io/apimachinery's meta/v1 that every group-version knows. */
export const everywhereKinds: readonly string[] = [
  "CreateOptions",
  "DeleteOptions",
  "GetOptions",
  "ListOptions",
  "PatchOptions",
  "UpdateOptions",
  "WatchEvent",
];

/** Kinds of meta/v1 that are answered as `v1`; its others are `meta.k8s.io/v1`. */
export const coreMetaKinds: readonly string[] = [
  "APIGroup",
  "APIGroupList",
  "APIResourceList",
  "APIVersions",
  "Status",
];

/** Kinds with a client that have no resource of their own. */
export const notResources: ReadonlySet<string> = new Set(["policy/v1.Eviction"]);

/** Resources without a generated client. */
export const withoutClient: ReadonlySet<string> = new Set(["core/v1.Binding"]);

export const irregularPlurals: Readonly<Record<string, string>> = { Endpoints: "endpoints" };

const standard = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];
const change = ["get", "patch", "update"];
const stream = ["create", "get"];
const proxy = ["create", "delete", "get", "patch", "update"];

export const standardVerbs: readonly string[] = standard;

/** By `folder.Kind`, where discovery's verbs are not the standard ones. */
export const verbs: Readonly<Record<string, readonly string[]>> = {
  "core/v1.Binding": ["create"],
  "core/v1.ComponentStatus": ["get", "list"],
  "core/v1.Namespace": standard.filter((v) => v !== "deletecollection"),
};

export const shortNames: Readonly<Record<string, readonly string[]>> = {
  "core/v1.ComponentStatus": ["cs"],
  "core/v1.ConfigMap": ["cm"],
  "core/v1.Endpoints": ["ep"],
  "core/v1.Event": ["ev"],
  "core/v1.LimitRange": ["limits"],
  "core/v1.Namespace": ["ns"],
  "core/v1.Node": ["no"],
  "core/v1.PersistentVolume": ["pv"],
  "core/v1.PersistentVolumeClaim": ["pvc"],
  "core/v1.Pod": ["po"],
  "core/v1.ReplicationController": ["rc"],
  "core/v1.ResourceQuota": ["quota"],
  "core/v1.Service": ["svc"],
  "core/v1.ServiceAccount": ["sa"],
  "apps/v1.DaemonSet": ["ds"],
  "apps/v1.Deployment": ["deploy"],
  "apps/v1.ReplicaSet": ["rs"],
  "apps/v1.StatefulSet": ["sts"],
  "autoscaling/v1.HorizontalPodAutoscaler": ["hpa"],
  "autoscaling/v2.HorizontalPodAutoscaler": ["hpa"],
  "batch/v1.CronJob": ["cj"],
  "certificates/v1.CertificateSigningRequest": ["csr"],
  "events/v1.Event": ["ev"],
  "networking/v1.IPAddress": ["ip"],
  "networking/v1.Ingress": ["ing"],
  "networking/v1.NetworkPolicy": ["netpol"],
  "policy/v1.PodDisruptionBudget": ["pdb"],
  "scheduling/v1.PriorityClass": ["pc"],
  "storage/v1.StorageClass": ["sc"],
  "storage/v1.VolumeAttributesClass": ["vac"],
};

export const categories: Readonly<Record<string, readonly string[]>> = {
  "core/v1.Pod": ["all"],
  "core/v1.ReplicationController": ["all"],
  "core/v1.Service": ["all"],
  "apps/v1.DaemonSet": ["all"],
  "apps/v1.Deployment": ["all"],
  "apps/v1.ReplicaSet": ["all"],
  "apps/v1.StatefulSet": ["all"],
  "autoscaling/v1.HorizontalPodAutoscaler": ["all"],
  "autoscaling/v2.HorizontalPodAutoscaler": ["all"],
  "batch/v1.CronJob": ["all"],
  "batch/v1.Job": ["all"],
  "admissionregistration/v1.MutatingAdmissionPolicy": ["api-extensions"],
  "admissionregistration/v1.MutatingAdmissionPolicyBinding": ["api-extensions"],
  "admissionregistration/v1.MutatingWebhookConfiguration": ["api-extensions"],
  "admissionregistration/v1.ValidatingAdmissionPolicy": ["api-extensions"],
  "admissionregistration/v1.ValidatingAdmissionPolicyBinding": ["api-extensions"],
  "admissionregistration/v1.ValidatingWebhookConfiguration": ["api-extensions"],
};

/** Verbs of a subresource, and `folder.Kind` where its kind is not the parent's own. */
export interface SubresourceFact {
  readonly verbs: readonly string[];
  readonly kind?: string;
}

const status: SubresourceFact = { verbs: change };
const scale: SubresourceFact = { verbs: change, kind: "autoscaling/v1.Scale" };
const workload = { scale, status };

export const subresources: Readonly<Record<string, Readonly<Record<string, SubresourceFact>>>> = {
  "core/v1.Namespace": { finalize: { verbs: ["update"] }, status },
  "core/v1.Node": { proxy: { verbs: proxy, kind: "core/v1.NodeProxyOptions" }, status },
  "core/v1.PersistentVolume": { status },
  "core/v1.PersistentVolumeClaim": { status },
  "core/v1.Pod": {
    attach: { verbs: stream, kind: "core/v1.PodAttachOptions" },
    binding: { verbs: ["create"], kind: "core/v1.Binding" },
    ephemeralcontainers: { verbs: change },
    eviction: { verbs: ["create"], kind: "policy/v1.Eviction" },
    exec: { verbs: stream, kind: "core/v1.PodExecOptions" },
    log: { verbs: ["get"] },
    portforward: { verbs: stream, kind: "core/v1.PodPortForwardOptions" },
    proxy: { verbs: proxy, kind: "core/v1.PodProxyOptions" },
    resize: { verbs: change },
    status,
  },
  "core/v1.ReplicationController": workload,
  "core/v1.ResourceQuota": { status },
  "core/v1.Service": { proxy: { verbs: proxy, kind: "core/v1.ServiceProxyOptions" }, status },
  "core/v1.ServiceAccount": { token: { verbs: ["create"], kind: "authentication/v1.TokenRequest" } },
  "apps/v1.DaemonSet": { status },
  "apps/v1.Deployment": workload,
  "apps/v1.ReplicaSet": workload,
  "apps/v1.StatefulSet": workload,
  "autoscaling/v1.HorizontalPodAutoscaler": { status },
  "autoscaling/v2.HorizontalPodAutoscaler": { status },
  "batch/v1.CronJob": { status },
  "batch/v1.Job": { status },
  "certificates/v1.CertificateSigningRequest": { approval: { verbs: change }, status },
  "networking/v1.Ingress": { status },
  "networking/v1.ServiceCIDR": { status },
  "policy/v1.PodDisruptionBudget": { status },
  "storage/v1.VolumeAttachment": { status },
  "admissionregistration/v1.ValidatingAdmissionPolicy": { status },
  "flowcontrol/v1.FlowSchema": { status },
  "flowcontrol/v1.PriorityLevelConfiguration": { status },
  "resource/v1.ResourceClaim": { status },
};

/** Names of constants in `api/resources.ts` where two resources share their plural. */
export const constantNames: Readonly<Record<string, string>> = {
  "events/v1.Event": "eventsV1",
  "autoscaling/v1.HorizontalPodAutoscaler": "horizontalpodautoscalersV1",
};
