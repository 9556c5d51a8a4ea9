import type { Environment } from "@marcbachmann/cel-js";
import { registerNullable } from "./libraries/conversions.ts";

type Fields = Readonly<Record<string, string>>;

const strings = (...names: string[]): Fields => Object.fromEntries(names.map((name) => [name, "string"]));

/** What admission expressions read, as upstream declares it; a type stands after those that it is made of. */
const types: Readonly<Record<string, Fields>> = {
  "kubernetes.GroupVersionKind": strings("group", "version", "kind"),
  "kubernetes.GroupVersionResource": strings("group", "version", "resource"),
  "kubernetes.UserInfo": {
    ...strings("username", "uid"),
    groups: "list<string>",
    extra: "map<string, list<string>>",
  },
  "kubernetes.AdmissionRequest": {
    kind: "kubernetes.GroupVersionKind",
    resource: "kubernetes.GroupVersionResource",
    requestKind: "kubernetes.GroupVersionKind",
    requestResource: "kubernetes.GroupVersionResource",
    ...strings("subResource", "requestSubResource", "name", "namespace", "operation"),
    userInfo: "kubernetes.UserInfo",
    dryRun: "bool",
    options: "dyn",
  },
  "kubernetes.NamespaceCondition": {
    ...strings("status", "type", "message", "reason"),
    lastTransitionTime: "google.protobuf.Timestamp",
  },
  "kubernetes.NamespaceSpec": { finalizers: "list<string>" },
  "kubernetes.NamespaceStatus": { conditions: "list<kubernetes.NamespaceCondition>", phase: "string" },
  "kubernetes.NamespaceMetadata": {
    ...strings("name", "generateName", "namespace", "UID", "resourceVersion"),
    labels: "map<string, string>",
    annotations: "map<string, string>",
    creationTimestamp: "google.protobuf.Timestamp",
    deletionTimestamp: "google.protobuf.Timestamp",
    deletionGracePeriodSeconds: "int",
    generation: "int",
    finalizers: "list<string>",
  },
  "kubernetes.Namespace": {
    metadata: "kubernetes.NamespaceMetadata",
    spec: "kubernetes.NamespaceSpec",
    status: "kubernetes.NamespaceStatus",
  },
};

export function registerPolicyTypes(environment: Environment): void {
  for (const [name, fields] of Object.entries(types)) environment.registerType(name, { fields });
  registerNullable(environment, Object.keys(types));
}
