import { make } from "../reads/specimens.ts";
import type { Request } from "../sides.ts";
import { ask, inParallel, type Section } from "../suite.ts";
import { PLACE } from "./users.ts";

const place = `/api/v1/namespaces/${PLACE}`;
const merge = { "content-type": "application/merge-patch+json" };

/** What a node asks of the API: its own, its Pods', others'. */
export const nodes: Section = async ({ sides, report }, of) => {
  for (const name of ["n1", "n2"]) await make(sides, "/api/v1/nodes", { metadata: { name } });
  for (const name of ["used", "unused"]) {
    await make(sides, `${place}/secrets`, { metadata: { name } });
    await make(sides, `${place}/configmaps`, { metadata: { name } });
    await make(sides, `${place}/persistentvolumeclaims`, {
      metadata: { name },
      spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
    });
  }
  for (const [name, node] of [["mine", "n1"], ["foreign", "n2"], ["free", undefined]] as const) {
    await make(sides, `${place}/pods`, {
      metadata: { name },
      spec: podOf(name === "foreign" ? "unused" : "used", node),
    });
  }
  const n1 = await sides.as({ name: "system:node:n1", groups: ["system:nodes"] });
  const unnamed = await sides.as({ name: "system:node:", groups: ["system:nodes"] });
  const outside = await sides.as({ name: "system:node:n1", groups: [] });
  for (const pair of [n1, unnamed, outside]) {
    await inParallel(reading, async (path) => {
      await ask(pair, report, of, { method: "GET", path });
    });
  }
  await inParallel(writing, async (request) => {
    await ask(n1, report, of, {
      ...request,
      path: `${request.path}${request.path.includes("?") ? "&" : "?"}dryRun=All`,
    });
  });
};

function podOf(uses: string, nodeName?: string): object {
  return {
    ...nodeName && { nodeName },
    serviceAccountName: "default",
    containers: [{ name: "main", image: "busybox:1.36", envFrom: [{ secretRef: { name: uses } }] }],
    volumes: [{ name: "c", configMap: { name: uses } }, { name: "p", persistentVolumeClaim: { claimName: uses } }],
  };
}

const reading = [
  ...["secrets", "configmaps", "persistentvolumeclaims", "serviceaccounts", "pods", "services", "endpoints", "events"]
    .flatMap((resource) => [
      `${place}/${resource}`,
      `/api/v1/${resource}`,
      `${place}/${resource}/used`,
      `${place}/${resource}/unused`,
      `${place}/${resource}/none`,
      `${place}/${resource}?fieldSelector=metadata.name%3Dused`,
      `${place}/${resource}?watch=1&fieldSelector=metadata.name%3Dused&timeoutSeconds=1`,
    ]),
  `${place}/secrets/used/status`,
  `${place}/configmaps/used/nothing`,
  `${place}/persistentvolumeclaims/used/status`,
  `${place}/serviceaccounts/default`,
  `${place}/pods/mine`,
  `${place}/pods/foreign`,
  `${place}/pods/free`,
  `${place}/pods/mine/status`,
  `${place}/pods/mine/log`,
  "/api/v1/pods?fieldSelector=spec.nodeName%3Dn1&limit=1",
  "/api/v1/pods?fieldSelector=spec.nodeName%3Dn2",
  "/api/v1/pods?fieldSelector=spec.nodeName!%3Dn1",
  "/api/v1/nodes",
  "/api/v1/nodes/n1",
  "/api/v1/nodes/n2",
  "/api/v1/nodes?fieldSelector=metadata.name%3Dn1",
  "/api/v1/nodes?fieldSelector=metadata.name%3Dn2",
  "/api/v1/nodes/n1/status",
  "/api/v1/nodes/n1/proxy",
  "/api/v1/persistentvolumes",
  "/api/v1/persistentvolumes/none",
  "/apis/storage.k8s.io/v1/csinodes",
  "/apis/storage.k8s.io/v1/csinodes/n1",
  "/apis/storage.k8s.io/v1/csinodes/n2",
  "/apis/storage.k8s.io/v1/volumeattachments",
  "/apis/storage.k8s.io/v1/volumeattachments/none",
  "/apis/storage.k8s.io/v1/csidrivers",
  "/apis/storage.k8s.io/v1/storageclasses",
  "/apis/coordination.k8s.io/v1/leases",
  "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases",
  "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/n1",
  "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/n2",
  "/apis/coordination.k8s.io/v1/namespaces/default/leases/n1",
  "/apis/resource.k8s.io/v1/resourceslices",
  "/apis/resource.k8s.io/v1/resourceslices?fieldSelector=spec.nodeName%3Dn1",
  "/apis/resource.k8s.io/v1/resourceslices/none",
  `/apis/resource.k8s.io/v1/namespaces/${PLACE}/resourceclaims`,
  `/apis/resource.k8s.io/v1/namespaces/${PLACE}/resourceclaims/none`,
  "/apis/node.k8s.io/v1/runtimeclasses",
  "/apis/certificates.k8s.io/v1/certificatesigningrequests",
  "/apis/certificates.k8s.io/v1/clustertrustbundles",
  "/apis/apps/v1/deployments",
  "/version",
  "/metrics",
  "/api",
  "/livez",
  "/nothing",
];

const lease = { metadata: { name: "n1" }, spec: { holderIdentity: "n1", leaseDurationSeconds: 40 } };
const mirror = { "kubernetes.io/config.mirror": "x" };
const owned = (name: string, uid = "$UID") => [{ apiVersion: "v1", kind: "Node", name, uid, controller: true }];

const writing: readonly Request[] = [
  { method: "POST", path: "/api/v1/nodes", body: { metadata: { name: "n1" } } },
  { method: "POST", path: "/api/v1/nodes", body: { metadata: { name: "n3" } } },
  { method: "POST", path: "/api/v1/nodes", body: { metadata: { generateName: "n" } } },
  { method: "DELETE", path: "/api/v1/nodes/n1" },
  { method: "DELETE", path: "/api/v1/nodes/n2" },
  ...["n1", "n2"].flatMap((node) => [
    ...[
      { metadata: { labels: { "example.com/a": "b" } } },
      { metadata: { labels: { "kubernetes.io/hostname": "x" } } },
      { metadata: { labels: { "node-restriction.kubernetes.io/a": "b" } } },
      { metadata: { labels: { "node-role.kubernetes.io/worker": "" } } },
      { metadata: { labels: { "kubernetes.io/other": "x", "k8s.io/y": "z" } } },
      { metadata: { labels: { "node.kubernetes.io/instance-type": "x" } } },
      { metadata: { ownerReferences: owned("n1") } },
      { spec: { taints: [{ key: "a", effect: "NoSchedule" }] } },
      { spec: { unschedulable: true } },
      { spec: { configSource: {} } },
    ].map((body) => ({ method: "PATCH", path: `/api/v1/nodes/${node}`, headers: merge, body })),
    { method: "PATCH", path: `/api/v1/nodes/${node}/status`, headers: merge, body: { status: { phase: "Running" } } },
    {
      method: "PATCH",
      path: `/api/v1/nodes/${node}/status`,
      headers: merge,
      body: { metadata: { labels: { "kubernetes.io/hostname": "x" } } },
    },
    {
      method: "POST",
      path: "/apis/storage.k8s.io/v1/csinodes",
      body: { metadata: { name: node }, spec: { drivers: [] } },
    },
    {
      method: "POST",
      path: "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases",
      body: { ...lease, metadata: { name: node } },
    },
    {
      method: "POST",
      path: "/apis/coordination.k8s.io/v1/namespaces/default/leases",
      body: { ...lease, metadata: { name: node } },
    },
    {
      method: "PUT",
      path: `/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/${node}`,
      body: { ...lease, metadata: { name: node } },
    },
    { method: "DELETE", path: `/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/${node}` },
    {
      method: "POST",
      path: "/apis/resource.k8s.io/v1/resourceslices",
      body: {
        metadata: { name: "s" },
        spec: { driver: "d.example.com", nodeName: node, pool: { name: "p", generation: 1, resourceSliceCount: 1 } },
      },
    },
    {
      method: "POST",
      path: "/apis/certificates.k8s.io/v1/certificatesigningrequests",
      body: {
        metadata: { name: "c" },
        spec: { signerName: "kubernetes.io/kubelet-serving", request: "YQ==", usages: ["server auth"] },
      },
    },
  ]),
  { method: "POST", path: `${place}/pods`, body: { metadata: { name: "x" }, spec: podOf("used", "n1") } },
  {
    method: "POST",
    path: `${place}/pods`,
    body: { metadata: { name: "x", annotations: mirror }, spec: podOf("used", "n1") },
  },
  {
    method: "POST",
    path: `${place}/pods`,
    body: {
      metadata: { name: "x", annotations: mirror },
      spec: { nodeName: "n2", containers: [{ name: "a", image: "b" }] },
    },
  },
  {
    method: "POST",
    path: `${place}/pods`,
    body: {
      metadata: { name: "x", annotations: mirror },
      spec: { nodeName: "n1", containers: [{ name: "a", image: "b" }] },
    },
  },
  {
    method: "POST",
    path: `${place}/pods`,
    body: {
      metadata: { name: "x", annotations: mirror, ownerReferences: owned("n1", "u") },
      spec: { nodeName: "n1", containers: [{ name: "a", image: "b" }] },
    },
  },
  {
    method: "POST",
    path: `${place}/pods`,
    body: {
      metadata: { name: "x", annotations: mirror, ownerReferences: owned("n2", "u") },
      spec: { nodeName: "n1", serviceAccountName: "default", containers: [{ name: "a", image: "b" }] },
    },
  },
  {
    method: "POST",
    path: `${place}/pods`,
    body: {
      metadata: {
        name: "x",
        annotations: mirror,
        ownerReferences: [{ apiVersion: "v1", kind: "Pod", name: "p", uid: "u" }],
      },
      spec: { nodeName: "n1", containers: [{ name: "a", image: "b" }] },
    },
  },
  ...["mine", "foreign", "free", "none"].flatMap((pod) => [
    { method: "DELETE", path: `${place}/pods/${pod}` },
    { method: "PATCH", path: `${place}/pods/${pod}`, headers: merge, body: { metadata: { labels: { a: "b" } } } },
    { method: "PATCH", path: `${place}/pods/${pod}/status`, headers: merge, body: { status: { message: "m" } } },
    {
      method: "PATCH",
      path: `${place}/pods/${pod}/status`,
      headers: merge,
      body: { metadata: { labels: { a: "b" } } },
    },
    {
      method: "PATCH",
      path: `${place}/pods/${pod}/status`,
      headers: merge,
      body: { status: { resourceClaimStatuses: [{ name: "x", resourceClaimName: "y" }] } },
    },
    { method: "POST", path: `${place}/pods/${pod}/eviction`, body: { metadata: { name: pod } } },
    { method: "POST", path: `${place}/pods/${pod}/eviction`, body: {} },
    {
      method: "POST",
      path: `${place}/pods/${pod}/binding`,
      body: { metadata: { name: pod }, target: { kind: "Node", name: "n1" } },
    },
    { method: "PATCH", path: `${place}/pods/${pod}/ephemeralcontainers`, headers: merge, body: { spec: {} } },
  ]),
  ...["used", "unused"].flatMap((name) => [
    { method: "DELETE", path: `${place}/secrets/${name}` },
    { method: "PATCH", path: `${place}/configmaps/${name}`, headers: merge, body: { data: { a: "b" } } },
    {
      method: "PATCH",
      path: `${place}/persistentvolumeclaims/${name}/status`,
      headers: merge,
      body: { status: { phase: "Bound" } },
    },
    {
      method: "PATCH",
      path: `${place}/persistentvolumeclaims/${name}/status`,
      headers: merge,
      body: { status: { capacity: { storage: "2Gi" } } },
    },
    {
      method: "PATCH",
      path: `${place}/persistentvolumeclaims/${name}`,
      headers: merge,
      body: { metadata: { labels: { a: "b" } } },
    },
  ]),
  ...["default", "none"].flatMap((account) => [
    ...[
      {},
      { boundObjectRef: { kind: "Pod", apiVersion: "v1", name: "mine" } },
      { boundObjectRef: { kind: "Pod", apiVersion: "v1", name: "mine", uid: "wrong" } },
      { boundObjectRef: { kind: "Pod", apiVersion: "v1", name: "foreign", uid: "x" } },
      { boundObjectRef: { kind: "Secret", apiVersion: "v1", name: "used", uid: "x" } },
      { audiences: ["other"], boundObjectRef: { kind: "Pod", apiVersion: "v1", name: "mine", uid: "x" } },
    ]
      .map((spec) => ({ method: "POST", path: `${place}/serviceaccounts/${account}/token`, body: { spec } })),
  ]),
  { method: "POST", path: `${place}/serviceaccounts`, body: { metadata: { name: "x" } } },
  {
    method: "POST",
    path: `${place}/events`,
    body: {
      metadata: { name: "e", namespace: PLACE },
      involvedObject: { kind: "Pod", name: "mine", namespace: PLACE },
    },
  },
  { method: "POST", path: `${place}/services`, body: { metadata: { name: "s" }, spec: { ports: [{ port: 1 }] } } },
];
