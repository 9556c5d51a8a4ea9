import { createHash } from "node:crypto";
import type { ResourceRow, SubresourceRow } from "../../../api/schema/contract.ts";
import type { Registry } from "../contract.ts";
import { methodNotAllowed } from "../../../api/status.ts";
import { type Document, documentOf, sendDocument, sendJSON } from "./answer.ts";
import type { Call } from "./call.ts";
import type { PathRoute } from "./handler.ts";
import { clausesOf, mustNameFormat, negotiateFormat } from "./negotiate.ts";

const AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

/** Upstream's order of groups: clients resolve a short name to the first group that has it. */
const groupOrder = [
  "",
  "apps",
  "events.k8s.io",
  "authentication.k8s.io",
  "authorization.k8s.io",
  "autoscaling",
  "batch",
  "certificates.k8s.io",
  "networking.k8s.io",
  "policy",
  "rbac.authorization.k8s.io",
  "storage.k8s.io",
  "admissionregistration.k8s.io",
  "apiextensions.k8s.io",
  "scheduling.k8s.io",
  "coordination.k8s.io",
  "node.k8s.io",
  "discovery.k8s.io",
  "resource.k8s.io",
  "flowcontrol.apiserver.k8s.io",
];

interface Group {
  readonly name: string;
  /** The preferred one first. */
  readonly versions: readonly { readonly version: string; readonly resources: readonly ResourceRow[] }[];
}

/** `/api`, `/apis` and everything between them and the resources: what is served, for clients to find out. */
export function discoveryRoutes(registry: Registry): (path: string) => PathRoute | undefined {
  const groups = memoized(() => registry.resources(), groupsOf);
  const documents = memoized(() => registry.resources(), () => new Map<string, Document>());
  const documentAt = (key: string, make: () => unknown): Document => {
    let document = documents().get(key);
    if (document === undefined) documents().set(key, document = documentOf(make()));
    return document;
  };
  /** The list of groups and the groups are told whatever the method, as upstream does; the rest by GET alone. */
  const answer = (key: string, make: () => unknown, anyMethod = false): PathRoute => (call) => {
    if (!anyMethod) {
      mustGet(call);
      mustNameFormat(call.request.headers.accept);
    }
    const format = negotiateFormat(call.request.headers.accept);
    return sendJSON(call, 200, documentAt(key, make).text as string, format);
  };
  return (path) => {
    const clean = path.endsWith("/") ? path.slice(0, -1) : path;
    const [, root, ...rest] = clean.split("/");
    const core = root === "api";
    if (!core && root !== "apis") return undefined;
    if (rest.length === 0) {
      const of = groups().filter((group) => (group.name === "") === core);
      const plain = answer(clean, () => core ? apiVersions(of) : groupList(of), !core);
      return (call) =>
        (core || path === clean) && wantsAggregated(call)
          ? sendDocument(call, documentAt(`aggregated ${clean}`, () => aggregatedList(of)), AGGREGATED)
          : plain(call);
    }
    const group = groups().find((g) => g.name === (core ? "" : rest[0]));
    const version = rest[core ? 0 : 1];
    if (group === undefined || rest.length > (core ? 1 : 2)) return undefined;
    if (version === undefined) {
      return answer(clean, () => ({ kind: "APIGroup", apiVersion: "v1", ...groupFacts(group) }), true);
    }
    const found = group.versions.find((v) => v.version === version);
    return found && answer(clean, () => resourceList(group.name, version, found.resources));
  };
}

/** 405 for any other method. */
export function mustGet(call: Call): void {
  if (call.info.verb !== "get") throw methodNotAllowed();
}

/** Made again when its source is another one. */
function memoized<S, T>(source: () => S, make: (of: S) => T): () => T {
  let last: { of: S; value: T } | undefined;
  return () => {
    const of = source();
    if (last === undefined || last.of !== of) last = { of, value: make(of) };
    return last.value;
  };
}

function groupsOf(rows: readonly ResourceRow[]): Group[] {
  const groups = new Map<string, Map<string, ResourceRow[]>>();
  for (const row of rows) {
    const versions = groups.get(row.group) ?? new Map<string, ResourceRow[]>();
    groups.set(row.group, versions);
    versions.set(row.version, [...versions.get(row.version) ?? [], row]);
  }
  const place = (name: string) => groupOrder.includes(name) ? groupOrder.indexOf(name) : groupOrder.length;
  return [...groups].map(([name, versions]): Group => ({
    name,
    versions: [...versions].sort(([a], [b]) => newer(a, b)).map(([version, resources]) => ({
      version,
      resources: resources.sort((a, b) => a.resource < b.resource ? -1 : 1),
    })),
  })).sort((a, b) => place(a.name) - place(b.name) || (a.name < b.name ? -1 : 1));
}

/** Kubernetes' order of versions: stable ones before beta before alpha, higher numbers first. */
function newer(a: string, b: string): number {
  const rank = (text: string) => {
    const match = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(text);
    if (!match) return [0, 0, 0];
    return [match[2] === undefined ? 3 : match[2] === "beta" ? 2 : 1, Number(match[1]), Number(match[3] ?? 0)];
  };
  const [x, y] = [rank(a), rank(b)];
  return (y[0]! - x[0]!) || (y[1]! - x[1]!) || (y[2]! - x[2]!) || (a < b ? -1 : 1);
}

function groupVersion(group: string, version: string): string {
  return group === "" ? version : `${group}/${version}`;
}

function apiVersions(groups: readonly Group[]): unknown {
  return {
    kind: "APIVersions",
    versions: groups.flatMap((group) => group.versions.map((v) => v.version)),
    serverAddressByClientCIDRs: [],
  };
}

function groupList(groups: readonly Group[]): unknown {
  return { kind: "APIGroupList", apiVersion: "v1", groups: groups.map(groupFacts) };
}

function groupFacts(group: Group): { name: string; versions: unknown[]; preferredVersion: unknown } {
  const versions = group.versions.map(({ version }) => ({ groupVersion: groupVersion(group.name, version), version }));
  return { name: group.name, versions, preferredVersion: versions[0] };
}

function resourceList(group: string, version: string, rows: readonly ResourceRow[]): unknown {
  const resources = rows.flatMap((row) => [
    {
      name: row.resource,
      singularName: row.singular,
      namespaced: row.namespaced,
      kind: row.kind,
      verbs: row.verbs,
      ...(row.shortNames.length > 0 ? { shortNames: row.shortNames } : {}),
      ...(row.categories.length > 0 ? { categories: row.categories } : {}),
      ...(row.verbs.includes("watch") ? { storageVersionHash: storageVersionHash(row) } : {}),
    },
    ...row.subresources.map((sub) => ({
      name: `${row.resource}/${sub.name}`,
      singularName: "",
      namespaced: row.namespaced,
      ...foreign(row, sub),
      kind: sub.kind,
      verbs: sub.verbs,
    })),
  ]);
  // Upstream's list of the core group names no version of its own.
  const head = { kind: "APIResourceList", ...(group === "" ? {} : { apiVersion: "v1" }) };
  return { ...head, groupVersion: groupVersion(group, version), resources };
}

/** Only told where they differ from the resource's own. */
function foreign(row: ResourceRow, sub: SubresourceRow): { group?: string; version?: string } {
  return sub.group === row.group && sub.version === row.version ? {} : { group: sub.group, version: sub.version };
}

/** What upstream stores in another version than it serves. */
const storedAs: Readonly<Record<string, string>> = {
  "events.k8s.io/v1/Event": "/v1/Event",
  "autoscaling/v1/HorizontalPodAutoscaler": "autoscaling/v2/HorizontalPodAutoscaler",
  "admissionregistration.k8s.io/v1/MutatingAdmissionPolicy":
    "admissionregistration.k8s.io/v1beta1/MutatingAdmissionPolicy",
  "admissionregistration.k8s.io/v1/MutatingAdmissionPolicyBinding":
    "admissionregistration.k8s.io/v1beta1/MutatingAdmissionPolicyBinding",
};

function storageVersionHash(row: ResourceRow): string {
  const served = `${row.group}/${row.version}/${row.kind}`;
  const digest = createHash("sha256").update(storedAs[served] ?? served).digest();
  return digest.subarray(0, 8).toString("base64");
}

function aggregatedList(groups: readonly Group[]): unknown {
  return {
    kind: "APIGroupDiscoveryList",
    apiVersion: "apidiscovery.k8s.io/v2",
    metadata: {},
    items: groups.map((group) => ({
      metadata: group.name === "" ? {} : { name: group.name },
      versions: group.versions.map(({ version, resources }) => ({
        version,
        resources: resources.map(aggregatedResource),
        freshness: "Current",
      })),
    })),
  };
}

function aggregatedResource(row: ResourceRow): unknown {
  return {
    resource: row.resource,
    responseKind: { group: "", version: "", kind: row.kind },
    scope: row.namespaced ? "Namespaced" : "Cluster",
    singularResource: row.singular,
    verbs: row.verbs,
    ...(row.shortNames.length > 0 ? { shortNames: row.shortNames } : {}),
    ...(row.categories.length > 0 ? { categories: row.categories } : {}),
    ...(row.subresources.length === 0 ? {} : {
      subresources: row.subresources.map((sub) => ({
        subresource: sub.name,
        responseKind: { group: "", version: "", ...foreign(row, sub), kind: sub.kind },
        verbs: sub.verbs,
      })),
    }),
  };
}

/** As upstream: whoever names the aggregated form gets it, wherever among the others. */
function wantsAggregated({ request: { headers: { accept } } }: Call): boolean {
  if (accept === undefined || !accept.includes("APIGroupDiscoveryList")) return false;
  return clausesOf(accept).some(({ type, parameters }) =>
    ["application/json", "application/*", "*/*"].includes(type) && parameters.get("as") === "APIGroupDiscoveryList" &&
    parameters.get("g") === "apidiscovery.k8s.io" && parameters.get("v") === "v2"
  );
}
