import { type FieldError, root } from "../../../api/meta/field.ts";
import { isPodLevel, podLimits, podRequests } from "../../../api/meta/resources.ts";
import type {
  Container,
  EphemeralContainer,
  HTTPGetAction,
  Pod,
  PodSpec,
  PodTemplateSpec,
  Probe,
} from "../../../api/types/core_v1.ts";
import { own, quantityAt } from "./checks.ts";
import { defaultVolume } from "./volume_defaults.ts";

/** Where init containers stood before they had a field: nobody reads them any more. */
const oldInitContainers = ["alpha", "beta"].flatMap((stage) => [
  `pod.${stage}.kubernetes.io/init-containers`,
  `pod.${stage}.kubernetes.io/init-container-statuses`,
]);

export function defaultPod(pod: Pod): void {
  const { metadata, spec } = pod;
  defaultPodSpec(spec);
  // No Pod has less than no time to end, while templates may say so.
  if ((spec.terminationGracePeriodSeconds ?? 0) < 0) spec.terminationGracePeriodSeconds = 1;
  for (const key of oldInitContainers) delete metadata.annotations?.[key];
  // These two only where a Pod is made, not in templates: upstream added them when templates were stored already.
  spec.enableServiceLinks ??= true;
  const containers = [...spec.containers ?? [], ...spec.initContainers ?? []];
  if (spec.hostNetwork) {
    for (const container of containers) {
      for (const port of container.ports ?? []) port.hostPort ??= port.containerPort;
    }
  }
  defaultRequests(pod);
}

/** Who limits a resource and requests none of it requests the limit; a Pod's containers, and then the Pod as a whole. */
export function defaultRequests({ metadata, spec }: Pod): void {
  for (const container of [...spec.containers ?? [], ...spec.initContainers ?? []]) requestLimits(container);
  const whole = spec.resources;
  if (!whole || Object.keys({ ...whole.limits, ...whole.requests }).length === 0) return;
  // As if nothing were stated for the whole: what its containers come to.
  const { resources: _, overhead: __, ...parts } = spec;
  const pod: Pod = { metadata, spec: { ...parts, containers: parts.containers ?? [] } };
  if (!areQuantities(pod)) return;
  for (const [name, limit] of podLimits(pod)) {
    if (!name.startsWith("hugepages-") || own(whole.requests ?? {}, name) || own(whole.limits ?? {}, name)) continue;
    (whole.limits ??= {})[name] = limit.toString();
  }
  if (Object.keys(whole.limits ?? {}).length === 0) return;
  for (const [name, request] of podRequests(pod)) {
    if (name !== "cpu" && name !== "memory") continue;
    const requests = whole.requests ??= {};
    if (!Object.hasOwn(requests, name)) requests[name] = request.toString();
  }
  for (const [name, limit] of Object.entries(whole.limits ?? {})) {
    const requests = whole.requests ??= {};
    if (isPodLevel(name) && !Object.hasOwn(requests, name)) requests[name] = limit;
  }
}

/** What is none is told of by validation, later. */
function areQuantities({ spec }: Pod): boolean {
  const texts = [...spec.containers ?? [], ...spec.initContainers ?? []].flatMap(({ resources = {} }) => [
    ...Object.values(resources.limits ?? {}),
    ...Object.values(resources.requests ?? {}),
  ]);
  const errors: FieldError[] = [];
  for (const text of texts) quantityAt(text, root(), errors);
  return errors.length === 0;
}

export function defaultPodTemplate(template: PodTemplateSpec | undefined): void {
  if (template?.spec) defaultPodSpec(template.spec);
}

function defaultPodSpec(spec: PodSpec): void {
  spec.restartPolicy ??= "Always";
  spec.dnsPolicy ??= "ClusterFirst";
  spec.terminationGracePeriodSeconds ??= 30;
  spec.schedulerName ??= "default-scheduler";
  spec.securityContext ??= {};
  // One setting under two names; the old one follows.
  if (spec.serviceAccountName === undefined && spec.serviceAccount) spec.serviceAccountName = spec.serviceAccount;
  if (spec.serviceAccountName !== undefined) spec.serviceAccount = spec.serviceAccountName;
  for (const volume of spec.volumes ?? []) defaultVolume(volume, imagePullPolicy);
  for (const container of spec.containers ?? []) defaultContainer(container);
  for (const container of spec.initContainers ?? []) defaultContainer(container);
  for (const container of spec.ephemeralContainers ?? []) defaultContainer(container);
}

export function dropDisabledTemplateFields(template: PodTemplateSpec | undefined): void {
  if (template?.spec) dropDisabledFields(template.spec);
}

/** What belongs to features that are off is not stored. */
export function dropDisabledFields(spec: PodSpec): void {
  delete spec.schedulingGroup;
  for (const list of ["containers", "initContainers", "ephemeralContainers"] as const) {
    for (const container of spec[list] ?? []) {
      if (container.lifecycle?.stopSignal === undefined) continue;
      delete container.lifecycle.stopSignal;
      if (Object.keys(container.lifecycle).length === 0) delete container.lifecycle;
    }
  }
  for (const { projected } of spec.volumes ?? []) {
    for (const source of projected?.sources ?? []) {
      delete source.clusterTrustBundle;
      delete source.podCertificate;
    }
  }
}

export function defaultContainer(container: Container | EphemeralContainer): void {
  container.imagePullPolicy ??= imagePullPolicy(container.image ?? "");
  container.terminationMessagePath ??= "/dev/termination-log";
  container.terminationMessagePolicy ??= "File";
  for (const port of container.ports ?? []) port.protocol ??= "TCP";
  for (const { valueFrom } of container.env ?? []) {
    if (valueFrom?.fieldRef) valueFrom.fieldRef.apiVersion ??= "v1";
    if (valueFrom?.fileKeyRef) valueFrom.fileKeyRef.optional ??= false;
  }
  for (const probe of [container.livenessProbe, container.readinessProbe, container.startupProbe]) {
    if (probe) defaultProbe(probe);
  }
  for (const handler of [container.lifecycle?.postStart, container.lifecycle?.preStop]) {
    if (handler?.httpGet) defaultHttpGet(handler.httpGet);
  }
}

function defaultProbe(probe: Probe): void {
  probe.timeoutSeconds ??= 1;
  probe.periodSeconds ??= 10;
  probe.successThreshold ??= 1;
  probe.failureThreshold ??= 3;
  if (probe.httpGet) defaultHttpGet(probe.httpGet);
  if (probe.grpc) probe.grpc.service ??= "";
}

function defaultHttpGet(action: HTTPGetAction): void {
  action.path ??= "/";
  action.scheme ??= "HTTP";
}

const domain =
  "(?:[A-Za-z0-9](?:[-A-Za-z0-9]*[A-Za-z0-9])?(?:\\.[A-Za-z0-9](?:[-A-Za-z0-9]*[A-Za-z0-9])?)*(?::[0-9]+)?/)?";
const component = "[a-z0-9]+(?:(?:\\.|__?|-+)[a-z0-9]+)*";
const imageReference = new RegExp(
  `^${domain}${component}(?:/${component})*(?::[\\w][\\w.-]{0,127})?(?:@[A-Za-z][A-Za-z0-9+._-]*:[0-9a-fA-F]{32,})?$`,
);

const maxReference = 255;

/** A tag that moves is pulled each time. */
function imagePullPolicy(image: string): string {
  const [reference = "", digest] = image.split("@", 2);
  // What is no reference has no tag that could be the latest.
  if (!imageReference.test(image) || reference.length > maxReference) return "IfNotPresent";
  // A colon before the last slash belongs to a registry's port.
  const tag = /:([^/:]+)$/.exec(reference)?.[1];
  return tag === "latest" || (tag === undefined && digest === undefined) ? "Always" : "IfNotPresent";
}

function requestLimits({ resources }: Container): void {
  for (const [name, limit] of Object.entries(resources?.limits ?? {})) {
    const requests = resources!.requests ??= {};
    if (!Object.hasOwn(requests, name)) requests[name] = limit;
  }
}
