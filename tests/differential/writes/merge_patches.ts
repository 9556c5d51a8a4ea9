import {
  asked,
  configMap,
  configMaps,
  deployment,
  deployments,
  job,
  jobs,
  NAME,
  node,
  nodes,
  patch,
  pod,
  pods,
  post,
  type Script,
  service,
  services,
  UID,
  VERSION,
} from "./script.ts";

/** Of any object: what they do to metadata and to the document itself. */
const ofAll: readonly unknown[] = [
  {},
  [],
  null,
  "null",
  "3",
  '"text"',
  "",
  "not JSON",
  "{",
  '{"metadata":{"labels":{"a":"1","a":"2"}}}',
  { metadata: null },
  { metadata: [] },
  { metadata: "text" },
  { metadata: { name: "other" } },
  { metadata: { name: null } },
  { metadata: { name: 3 } },
  { metadata: { namespace: "other" } },
  { metadata: { namespace: null } },
  { metadata: { uid: "other" } },
  { metadata: { uid: UID } },
  { metadata: { uid: null } },
  { metadata: { resourceVersion: "1" } },
  { metadata: { resourceVersion: "wrong" } },
  { metadata: { resourceVersion: "" } },
  { metadata: { resourceVersion: null } },
  { metadata: { resourceVersion: 3 } },
  { metadata: { resourceVersion: VERSION } },
  { metadata: { creationTimestamp: null } },
  { metadata: { creationTimestamp: "2020-01-01T00:00:00Z" } },
  { metadata: { creationTimestamp: "yesterday" } },
  { metadata: { deletionTimestamp: "2020-01-01T00:00:00Z" } },
  { metadata: { deletionGracePeriodSeconds: 5 } },
  { metadata: { generation: 99 } },
  { metadata: { generateName: "g-" } },
  { metadata: { selfLink: "/x" } },
  { metadata: { labels: { a: "1", b: null } } },
  { metadata: { labels: { a: 1 } } },
  { metadata: { labels: { "-": "x" } } },
  { metadata: { labels: null } },
  { metadata: { labels: [] } },
  { metadata: { labels: "text" } },
  { metadata: { annotations: { a: null } } },
  { metadata: { annotations: { a: { b: "c" } } } },
  { metadata: { finalizers: ["x.io/y"] } },
  { metadata: { finalizers: ["wrong"] } },
  { metadata: { finalizers: ["x.io/y", "x.io/y"] } },
  { metadata: { finalizers: "text" } },
  { metadata: { ownerReferences: [{ apiVersion: "v1", kind: "Pod", name: "p" }] } },
  { metadata: { ownerReferences: [{ apiVersion: "v1", kind: "Pod", name: "p", uid: "u" }] } },
  {
    metadata: {
      ownerReferences: [{ apiVersion: "v1", kind: "Pod", name: "p", uid: "u" }, {
        apiVersion: "v1",
        kind: "Pod",
        name: "p",
        uid: "u",
      }],
    },
  },
  { metadata: { managedFields: null } },
  { metadata: { managedFields: [] } },
  { metadata: { managedFields: [{}] } },
  { metadata: { managedFields: [{}, {}] } },
  {
    metadata: {
      managedFields: [{
        manager: "x",
        operation: "Update",
        apiVersion: "v1",
        fieldsType: "FieldsV1",
        fieldsV1: { "f:x": {} },
      }],
    },
  },
  {
    metadata: {
      managedFields: [{ manager: "x", operation: "Apply", apiVersion: "v1", fieldsType: "FieldsV1", fieldsV1: {} }],
    },
  },
  { metadata: { managedFields: [{ manager: "x", operation: "Apply", apiVersion: "v1", fieldsType: "FieldsV1" }] } },
  {
    metadata: {
      managedFields: [{
        manager: "x",
        operation: "Apply",
        apiVersion: "v9",
        fieldsType: "FieldsV1",
        fieldsV1: { "f:data": {} },
      }],
    },
  },
  {
    metadata: {
      managedFields: [{ manager: "x", operation: "Wrong", apiVersion: "v1", fieldsType: "FieldsV1", fieldsV1: {} }],
    },
  },
  {
    metadata: {
      managedFields: [{ manager: "x", operation: "Update", apiVersion: "v1", fieldsType: "FieldsV2", fieldsV1: {} }],
    },
  },
  { metadata: { managedFields: [{ manager: "x", operation: "Update", apiVersion: "v1", fieldsV1: {} }] } },
  { metadata: { managedFields: [{ manager: "x", operation: "Update", fieldsType: "FieldsV1", fieldsV1: {} }] } },
  {
    metadata: {
      managedFields: [{
        manager: "x",
        operation: "Update",
        apiVersion: "v1",
        fieldsType: "FieldsV1",
        fieldsV1: { wrong: {} },
      }],
    },
  },
  {
    metadata: {
      managedFields: [{
        manager: "x",
        operation: "Update",
        apiVersion: "v1",
        fieldsType: "FieldsV1",
        fieldsV1: "text",
      }],
    },
  },
  {
    metadata: {
      managedFields: [{
        manager: "x".repeat(129),
        operation: "Update",
        apiVersion: "v1",
        fieldsType: "FieldsV1",
        fieldsV1: {},
      }],
    },
  },
  {
    metadata: {
      managedFields: [{ manager: "x\ny", operation: "Update", apiVersion: "v1", fieldsType: "FieldsV1", fieldsV1: {} }],
    },
  },
  {
    metadata: {
      managedFields: [{
        manager: "x",
        operation: "Update",
        apiVersion: "v1",
        fieldsType: "FieldsV1",
        subresource: "s".repeat(257),
        fieldsV1: {},
      }],
    },
  },
  { metadata: { managedFields: "text" } },
  { metadata: { unknown: 1 } },
  { unknown: { deep: 1 } },
  { apiVersion: "v2" },
  { apiVersion: null },
  { apiVersion: 3 },
  { kind: "Unknown" },
  { kind: null },
  { status: { x: 1 } },
];

const ofConfigMaps: readonly unknown[] = [
  { data: { a: null } },
  { data: { a: "2", c: "3" } },
  { data: null },
  { data: { a: 1 } },
  { data: { a: true } },
  { data: { a: {} } },
  { data: [] },
  { data: "text" },
  { data: { "bad key!": "x" } },
  { binaryData: { x: "!" } },
  { binaryData: { a: "YQ==" } },
  { immutable: true },
  { immutable: "yes" },
  { immutable: null },
];

const ofDeployments: readonly unknown[] = [
  { spec: null },
  { spec: { replicas: null } },
  { spec: { replicas: "3" } },
  { spec: { replicas: 2147483648 } },
  { spec: { selector: null } },
  { spec: { template: { spec: { containers: [{ name: "only" }] } } } },
  { spec: { template: { spec: { containers: [] } } } },
  { spec: { template: { spec: { containers: {} } } } },
  { spec: { strategy: { type: "Recreate" } } },
  { spec: { strategy: { type: "Recreate", rollingUpdate: null } } },
  { status: { replicas: 5 } },
];

const ofServices: readonly unknown[] = [
  { spec: { ports: null } },
  { spec: { ports: [{ port: 80 }] } },
  { spec: { ports: [{ port: "80" }] } },
  { spec: { clusterIP: "None" } },
  { spec: { clusterIP: null } },
  { spec: { type: "ExternalName" } },
  { spec: { type: "ExternalName", externalName: "x.y", clusterIP: null, clusterIPs: null } },
  { spec: { type: "NodePort" } },
];

const ofJobs: readonly unknown[] = [
  { spec: { parallelism: 3 } },
  { spec: { suspend: true } },
  { spec: { completions: 3 } },
  { spec: { template: { spec: { restartPolicy: "OnFailure" } } } },
  { spec: { selector: { matchLabels: { a: "b" } } } },
];

const onEach = (of: string, collection: string, object: unknown, patches: readonly unknown[]): Script[] =>
  (["merge", "strategic"] as const).map((type) => ({
    of: `${type}/${of}`,
    steps: [
      post(collection, object),
      ...patches.map((body) => patch(type, asked(`${collection}/${NAME}`, "dryRun=All"), body)),
    ],
  }));

/** The same documents as merge patches and as strategic ones, which differ little where there is no list. */
export const mergePatches: readonly Script[] = [
  ...onEach("configmaps", configMaps, configMap({ data: { a: "1", b: "2" } }, { labels: { b: "c" } }), [
    ...ofAll,
    ...ofConfigMaps,
  ]),
  ...onEach("deployments", deployments, deployment(), [...ofAll, ...ofDeployments]),
  ...onEach("services", services, service(), [...ofAll, ...ofServices]),
  ...onEach("pods", pods, pod(), ofAll),
  ...onEach("nodes", nodes, node(), ofAll),
  ...onEach("jobs", jobs, job(), [...ofAll, ...ofJobs]),
  {
    of: "merge/missing",
    steps: [
      patch("merge", `${configMaps}/${NAME}`, {}),
      patch("strategic", `${configMaps}/${NAME}`, {}),
      patch("strategic", `${configMaps}/${NAME}`, "{"),
      patch("merge", `${configMaps}/${NAME}`, "{"),
      patch("merge", "/api/v1/namespaces/none/configmaps/none", {}),
      patch("merge", "/api/v1/namespaces/none/unknowns/none", {}),
    ],
  },
];
