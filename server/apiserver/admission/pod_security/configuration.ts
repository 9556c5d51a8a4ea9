import { type Policy, privileged } from "./policy.ts";

/** What the cluster's administrator decides for all namespaces. */
export interface PodSecurityConfiguration {
  /** For namespaces whose labels say nothing. */
  readonly defaults: Policy;
  readonly exemptions: Exemptions;
}

export interface Exemptions {
  /** Of users who make Pods themselves: those of workloads are made by the controllers. */
  readonly usernames: readonly string[];
  readonly namespaces: readonly string[];
  readonly runtimeClasses: readonly string[];
}

/** Upstream's: everything is allowed where nobody asked for more. */
export const defaultPodSecurity: PodSecurityConfiguration = {
  defaults: { enforce: privileged, audit: privileged, warn: privileged },
  exemptions: { usernames: [], namespaces: [], runtimeClasses: [] },
};
