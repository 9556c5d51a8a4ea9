import type { CertificateSigningRequest } from "../../../api/types/certificates_v1.ts";
import type { Lease } from "../../../api/types/coordination_v1.ts";
import type { ComponentStatus, Event, Namespace, Node } from "../../../api/types/core_v1.ts";
import type { Event as EventV1 } from "../../../api/types/events_v1.ts";
import type { FlowSchema, PriorityLevelConfiguration } from "../../../api/types/flowcontrol_v1.ts";
import type { RuntimeClass } from "../../../api/types/node_v1.ts";
import type { PriorityClass } from "../../../api/types/scheduling_v1.ts";
import { age, type Column, columns, type ColumnTable, humanDuration, name, orNone, since } from "./column.ts";

export const clusterColumns: ColumnTable = {
  "/nodes": columns<Node>(
    name,
    { name: "Status", cell: nodeStatus },
    { name: "Roles", cell: nodeRoles },
    age,
    { name: "Version", cell: (n) => n.status?.nodeInfo?.kubeletVersion ?? "" },
    { name: "Internal-IP", wide: true, cell: (n) => nodeAddress(n, "InternalIP") },
    { name: "External-IP", wide: true, cell: (n) => nodeAddress(n, "ExternalIP") },
    { name: "OS-Image", wide: true, cell: (n) => n.status?.nodeInfo?.osImage || "<unknown>" },
    { name: "Kernel-Version", wide: true, cell: (n) => n.status?.nodeInfo?.kernelVersion || "<unknown>" },
    {
      name: "Container-Runtime",
      wide: true,
      cell: (n) => n.status?.nodeInfo?.containerRuntimeVersion || "<unknown>",
    },
  ),
  "/namespaces": columns<Namespace>(name, { name: "Status", cell: (n) => n.status?.phase ?? "" }, age),
  "/events": columns<Event>(
    { name: "Last Seen", cell: eventLastSeen },
    { name: "Type", cell: (e) => e.type ?? "" },
    { name: "Reason", cell: (e) => e.reason ?? "" },
    { name: "Object", cell: ({ involvedObject: o }) => about(o) },
    { name: "Subobject", wide: true, cell: (e) => e.involvedObject.fieldPath ?? "" },
    { name: "Source", wide: true, cell: (e) => source(e.source, e.reportingComponent, e.reportingInstance) },
    { name: "Message", cell: (e) => (e.message ?? "").trim() },
    { name: "First Seen", wide: true, cell: (e, now) => since(e.firstTimestamp ?? e.eventTime, now) },
    { name: "Count", wide: true, cell: (e) => e.series?.count ?? e.count ?? 1 },
    { ...name, wide: true },
  ),
  "events.k8s.io/events": columns<EventV1>(
    {
      name: "Last Seen",
      cell: (e, now) => since(e.series?.lastObservedTime ?? e.deprecatedLastTimestamp ?? e.eventTime, now),
    },
    { name: "Type", cell: (e) => e.type ?? "" },
    { name: "Reason", cell: (e) => e.reason ?? "" },
    { name: "Object", cell: ({ regarding }) => regarding ? about(regarding) : "" },
    { name: "Subobject", wide: true, cell: (e) => e.regarding?.fieldPath ?? "" },
    { name: "Source", wide: true, cell: (e) => source(e.deprecatedSource, e.reportingController, e.reportingInstance) },
    { name: "Message", cell: (e) => (e.note ?? "").trim() },
    { name: "First Seen", wide: true, cell: (e, now) => since(e.deprecatedFirstTimestamp ?? e.eventTime, now) },
    { name: "Count", wide: true, cell: (e) => e.series?.count ?? e.deprecatedCount ?? 1 },
    { ...name, wide: true },
  ),
  "/componentstatuses": columns<ComponentStatus>(
    name,
    {
      name: "Status",
      cell: (c) => c.conditions?.some((k) => k.type === "Healthy" && k.status === "True") ? "Healthy" : "Unhealthy",
    },
    { name: "Message", cell: (c) => c.conditions?.find((k) => k.type === "Healthy")?.message ?? "" },
    { name: "Error", cell: (c) => c.conditions?.find((k) => k.type === "Healthy")?.error ?? "" },
  ),
  "coordination.k8s.io/leases": columns<Lease>(
    name,
    { name: "Holder", cell: (l) => l.spec?.holderIdentity ?? "" },
    age,
  ),
  "certificates.k8s.io/certificatesigningrequests": columns<CertificateSigningRequest>(
    name,
    age,
    { name: "SignerName", cell: (c) => c.spec.signerName || "<none>" },
    { name: "Requestor", cell: (c) => c.spec.username ?? "" },
    {
      name: "RequestedDuration",
      cell: (c) => c.spec.expirationSeconds === undefined ? "<none>" : humanDuration(c.spec.expirationSeconds * 1000),
    },
    { name: "Condition", cell: signingCondition },
  ),
  "scheduling.k8s.io/priorityclasses": columns<PriorityClass>(
    name,
    { name: "Value", type: "integer", cell: (p) => p.value },
    { name: "Global-Default", type: "boolean", cell: (p) => p.globalDefault ?? false },
    age,
    { name: "PreemptionPolicy", cell: (p) => p.preemptionPolicy ?? "PreemptLowerPriority" },
  ),
  "node.k8s.io/runtimeclasses": columns<RuntimeClass>(name, { name: "Handler", cell: (r) => r.handler }, age),
  "flowcontrol.apiserver.k8s.io/flowschemas": columns<FlowSchema>(
    name,
    { name: "PriorityLevel", cell: (f) => f.spec.priorityLevelConfiguration.name },
    { name: "MatchingPrecedence", cell: (f) => f.spec.matchingPrecedence ?? 0 },
    { name: "DistinguisherMethod", cell: (f) => orNone(f.spec.distinguisherMethod?.type) },
    age,
    { name: "MissingPL", cell: (f) => f.status?.conditions?.find((c) => c.type === "Dangling")?.status ?? "?" },
  ),
  "flowcontrol.apiserver.k8s.io/prioritylevelconfigurations": columns<PriorityLevelConfiguration>(
    name,
    { name: "Type", cell: (p) => p.spec.type },
    {
      name: "NominalConcurrencyShares",
      cell: (p) => p.spec.limited?.nominalConcurrencyShares ?? "<none>",
    },
    { name: "Queues", cell: (p) => p.spec.limited?.limitResponse?.queuing?.queues ?? "<none>" },
    { name: "HandSize", cell: (p) => p.spec.limited?.limitResponse?.queuing?.handSize ?? "<none>" },
    { name: "QueueLengthLimit", cell: (p) => p.spec.limited?.limitResponse?.queuing?.queueLengthLimit ?? "<none>" },
    age,
  ) as readonly Column[],
};

function nodeStatus(node: Node): string {
  const ready = node.status?.conditions?.find((c) => c.type === "Ready");
  const words = [ready === undefined ? "Unknown" : ready.status === "True" ? "Ready" : "NotReady"];
  if (node.spec.unschedulable) words.push("SchedulingDisabled");
  return words.join(",");
}

function nodeRoles(node: Node): string {
  const prefix = "node-role.kubernetes.io/";
  const roles = Object.entries(node.metadata.labels ?? {}).flatMap(([label, value]) => {
    if (label.startsWith(prefix)) return [label.slice(prefix.length)];
    return label === "kubernetes.io/role" ? [value] : [];
  });
  return orNone([...new Set(roles)].filter(Boolean).sort().join(","));
}

function nodeAddress(node: Node, type: string): string {
  return orNone(node.status?.addresses?.find((a) => a.type === type)?.address);
}

function about(reference: { readonly kind?: string; readonly name?: string }): string {
  const kind = (reference.kind ?? "").toLowerCase();
  return reference.name ? `${kind}/${reference.name}` : kind;
}

function source(
  old: { readonly component?: string; readonly host?: string } | undefined,
  component: string | undefined,
  instance: string | undefined,
): string {
  const [first, second] = old?.component ? [old.component, old.host] : [component, instance];
  return [first, second].filter(Boolean).join(", ");
}

function eventLastSeen(event: Event, now: number): string {
  return since(event.series?.lastObservedTime ?? event.lastTimestamp ?? event.firstTimestamp ?? event.eventTime, now);
}

function signingCondition(request: CertificateSigningRequest): string {
  const types = new Set((request.status?.conditions ?? []).map((c) => c.type));
  const words = types.has("Denied") ? ["Denied"] : types.has("Approved") ? ["Approved"] : ["Pending"];
  if (types.has("Failed")) words.push("Failed");
  if (request.status?.certificate) words.push("Issued");
  return words.join(",");
}
