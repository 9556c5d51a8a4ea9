import { namespaces } from "../../../../api/resources.ts";
import type { KubeObject } from "../../../../api/resource.ts";
import type { Container, EphemeralContainer, Pod, PodTemplateSpec } from "../../../../api/types/core_v1.ts";
import type { AdmissionContext, AdmissionPlugin, AdmissionRequest } from "../contract.ts";
import { refuse } from "../refuse.ts";
import type { PodFacts } from "./check.ts";
import type { PodSecurityConfiguration } from "./configuration.ts";
import { evaluate, printDetails } from "./evaluate.ts";
import { reviewNamespace } from "./namespace_review.ts";
import { isFullyPrivileged, type Policy, policyOf, printLevelVersion } from "./policy.ts";

/** Where the kinds that make Pods keep their template. */
const templates: Readonly<Record<string, (object: KubeObject) => PodTemplateSpec | undefined>> = {
  "/podtemplates": (object) => (object as { template?: PodTemplateSpec } & KubeObject).template,
  "/replicationcontrollers": templateOf,
  "apps/daemonsets": templateOf,
  "apps/deployments": templateOf,
  "apps/replicasets": templateOf,
  "apps/statefulsets": templateOf,
  "batch/cronjobs": (object) =>
    (object as { spec?: { jobTemplate?: { spec?: { template?: PodTemplateSpec } } } } & KubeObject)
      .spec?.jobTemplate?.spec?.template,
  "batch/jobs": templateOf,
};

/** Subresources of Pods that change nothing which the standards are about. */
const ignored: ReadonlySet<string> = new Set(["binding", "eviction", "status"]);

/** Holds Pods to the level that their namespace's labels name, and warns of workloads whose Pods would be refused. */
export function createPodSecurity(configuration: PodSecurityConfiguration): AdmissionPlugin {
  return {
    name: "PodSecurity",
    resources: ["/namespaces", "/pods", ...Object.keys(templates)],
    validate(request, context) {
      if (request.operation === "DELETE") return;
      if (request.row.resource === namespaces.resource) {
        if (request.subresource === "") reviewNamespace(request, context, configuration);
      } else if (request.row.resource === "pods") reviewPod(request, context, configuration);
      else if (request.subresource === "") reviewTemplate(request, context, configuration);
    },
  };
}

function reviewPod(
  request: AdmissionRequest,
  context: AdmissionContext,
  configuration: PodSecurityConfiguration,
): void {
  if (ignored.has(request.subresource) || isExempt(request, configuration)) return;
  const policy = policyIn(request, context, configuration);
  if (isFullyPrivileged(policy)) return;
  const pod = request.object as Pod;
  if (request.operation === "UPDATE" && !isSignificant(pod, request.old as Pod)) return;
  if (hasExemptClass(pod, configuration)) return;
  const violations = evaluate(policy.enforce, pod);
  if (violations.length > 0) {
    const level = JSON.stringify(printLevelVersion(policy.enforce));
    throw refuse(request, `violates PodSecurity ${level}: ${printDetails(violations)}`);
  }
  warnOf(request, policy, pod);
}

function reviewTemplate(
  request: AdmissionRequest,
  context: AdmissionContext,
  configuration: PodSecurityConfiguration,
): void {
  if (isExempt(request, configuration)) return;
  const policy = policyIn(request, context, configuration);
  if (policy.warn.level === "privileged") return;
  const { group, resource } = request.row;
  const template = templates[`${group}/${resource}`]!(request.object!);
  if (template?.spec === undefined) return;
  const pod = { metadata: template.metadata ?? {}, spec: template.spec };
  if (!hasExemptClass(pod, configuration)) warnOf(request, policy, pod);
}

function warnOf(request: AdmissionRequest, { warn }: Policy, pod: PodFacts): void {
  const violations = evaluate(warn, pod);
  if (violations.length === 0) return;
  request.warn(`would violate PodSecurity ${JSON.stringify(printLevelVersion(warn))}: ${printDetails(violations)}`);
}

function policyIn(
  { namespace }: AdmissionRequest,
  { lookup }: AdmissionContext,
  { defaults }: PodSecurityConfiguration,
): Policy {
  return policyOf(lookup.find(namespaces, "", namespace)?.metadata.labels, defaults).policy;
}

function isExempt({ namespace, user }: AdmissionRequest, { exemptions }: PodSecurityConfiguration): boolean {
  return exemptions.namespaces.includes(namespace) || exemptions.usernames.includes(user.name);
}

function hasExemptClass({ spec }: PodFacts, { exemptions }: PodSecurityConfiguration): boolean {
  return spec.runtimeClassName !== undefined && exemptions.runtimeClasses.includes(spec.runtimeClassName);
}

/** Whether other images or containers would run: nothing else that an update may change matters. */
function isSignificant({ spec }: Pod, { spec: before }: Pod): boolean {
  return differ(spec.containers, before.containers) || differ(spec.initContainers, before.initContainers) ||
    (spec.ephemeralContainers ?? []).some((container: EphemeralContainer) => {
      const old = before.ephemeralContainers?.find(({ name }) => name === container.name);
      return old === undefined || old.image !== container.image;
    });
}

function differ(containers: readonly Container[] = [], before: readonly Container[] = []): boolean {
  return containers.length !== before.length || containers.some(({ image }, i) => image !== before[i]!.image);
}

function templateOf(object: KubeObject): PodTemplateSpec | undefined {
  return (object as { spec?: { template?: PodTemplateSpec } } & KubeObject).spec?.template;
}
