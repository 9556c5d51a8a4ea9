import { root } from "../../../api/meta/field.ts";
import type { Service } from "../../../api/types/core_v1.ts";
import { addressWarnings, networkWarnings } from "./address_warnings.ts";

const deprecatedHints = "service.kubernetes.io/topology-aware-hints";
const topologyMode = "service.kubernetes.io/topology-mode";

/** What a Service says in vain, and what it had better say otherwise. */
export function serviceWarnings({ metadata, spec }: Service): string[] {
  const { clusterIPs = [], externalIPs = [], loadBalancerIP = "", loadBalancerSourceRanges: ranges = [] } = spec;
  const { externalName, trafficDistribution, sessionAffinity = "None" } = spec;
  const isExternal = spec.type === "ExternalName";
  const isHeadless = spec.clusterIP === "None";
  const hasExternalIPs = externalIPs.length > 0;
  const said: readonly (readonly [unknown, string])[] = [
    [
      metadata.annotations?.[deprecatedHints] !== undefined,
      `annotation ${deprecatedHints} is deprecated, please use ${topologyMode} instead`,
    ],
    [isHeadless && loadBalancerIP, "spec.loadBalancerIP is ignored for headless services"],
    [isHeadless && hasExternalIPs, "spec.externalIPs is ignored for headless services"],
    [isHeadless && sessionAffinity !== "None", "spec.SessionAffinity is ignored for headless services"],
    [
      hasExternalIPs && !isHeadless && !isExternal,
      "spec.externalIPs is deprecated and may no longer be implemented in some clusters",
    ],
    [isExternal && hasExternalIPs, 'spec.externalIPs is ignored when spec.type is "ExternalName"'],
    [!isExternal && externalName, 'spec.externalName is ignored when spec.type is not "ExternalName"'],
    [
      trafficDistribution === "PreferClose",
      'spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"',
    ],
  ];
  const path = root("spec");
  return [
    ...clusterIPs.flatMap((ip, index) => addressWarnings(path.child("clusterIPs").index(index), ip)),
    ...externalIPs.flatMap((ip, index) => addressWarnings(path.child("externalIPs").index(index), ip)),
    ...addressWarnings(path.child("loadBalancerIP"), loadBalancerIP),
    ...ranges.flatMap((range, index) => networkWarnings(path.child("loadBalancerSourceRanges").index(index), range)),
    ...said.filter(([holds]) => holds).map(([, warning]) => warning),
  ];
}
