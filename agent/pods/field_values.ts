import { Quantity } from "../../api/meta/quantity.ts";
import type { Pod, ResourceFieldSelector } from "../../api/types/core_v1.ts";
import { PodError } from "./pod_error.ts";
import { specContainer } from "./state.ts";

/** What the downward API tells besides the object itself. */
export interface FieldSources {
  readonly hostIPs: readonly string[];
  readonly podIPs: readonly string[];
  readonly allocatable: Readonly<Record<string, string>>;
}

const fields: Readonly<Record<string, (pod: Pod, from: FieldSources) => string>> = {
  "metadata.name": (pod) => pod.metadata.name ?? "",
  "metadata.namespace": (pod) => pod.metadata.namespace ?? "",
  "metadata.uid": (pod) => pod.metadata.uid ?? "",
  "metadata.labels": (pod) => printMap(pod.metadata.labels),
  "metadata.annotations": (pod) => printMap(pod.metadata.annotations),
  "spec.nodeName": (pod) => pod.spec.nodeName ?? "",
  "spec.serviceAccountName": (pod) => pod.spec.serviceAccountName ?? "",
  "status.hostIP": (_, from) => from.hostIPs[0] ?? "",
  "status.hostIPs": (_, from) => from.hostIPs.join(","),
  "status.podIP": (_, from) => from.podIPs[0] ?? "",
  "status.podIPs": (_, from) => from.podIPs.join(","),
};

/** The value of a `fieldRef`. */
export function fieldValue(pod: Pod, path: string, from: FieldSources): string {
  const field = fields[path];
  if (field) return field(pod, from);
  const [, map, key] = /^metadata\.(labels|annotations)\['([^']+)'\]$/.exec(path) ?? [];
  if (map && key) return pod.metadata[map as "labels" | "annotations"]?.[key] ?? "";
  throw new PodError("CreateContainerConfigError", `fieldPath ${JSON.stringify(path)} is not supported`);
}

function printMap(map: Record<string, string> | undefined): string {
  return Object.entries(map ?? {}).sort(([a], [b]) => a < b ? -1 : 1)
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`).join("\n");
}

/** The value of a `resourceFieldRef`: what the container's limit or request comes to, in units of the divisor, rounded up. */
export function resourceValue(
  pod: Pod,
  inContainer: string,
  selector: ResourceFieldSelector,
  from: FieldSources,
): string {
  const name = selector.containerName || inContainer;
  const container = specContainer(pod, name);
  const [, kind, resource] = /^(limits|requests)\.(.+)$/.exec(selector.resource) ?? [];
  if (!container) {
    throw new PodError(
      "CreateContainerConfigError",
      `resourceFieldRef names container ${JSON.stringify(name)}, which the Pod has not`,
    );
  }
  if (!kind || !resource) {
    throw new PodError(
      "CreateContainerConfigError",
      `resource ${JSON.stringify(selector.resource)} is not of the form limits.NAME or requests.NAME`,
    );
  }
  const { limits, requests } = container.resources ?? {};
  const quantity = kind === "limits"
    ? limits?.[resource] ?? from.allocatable[resource]
    : requests?.[resource] ?? limits?.[resource];
  const value = Quantity.parse(quantity ?? "0");
  const divisor = Quantity.parse(selector.divisor && selector.divisor !== "0" ? selector.divisor : "1");
  return resource === "cpu"
    ? String(Math.ceil(value.milliValue() / divisor.milliValue()))
    : String(Math.ceil(value.value() / divisor.value()));
}
