import type {
  Container,
  EphemeralContainer,
  HTTPGetAction,
  Pod,
  PodSpec,
  PodTemplateSpec,
  Probe,
} from "../../../api/types/core_v1.ts";
import { defaultVolume } from "./volume_defaults.ts";

export function defaultPod(pod: Pod): void {
  const { spec } = pod;
  defaultPodSpec(spec);
  // These two only where a Pod is made, not in templates: upstream added them when templates were stored already.
  spec.enableServiceLinks ??= true;
  for (const container of [...spec.containers ?? [], ...spec.initContainers ?? []]) requestLimits(container);
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
  if (spec.hostNetwork) {
    for (const container of [...spec.containers ?? [], ...spec.initContainers ?? []]) {
      for (const port of container.ports ?? []) port.hostPort ??= port.containerPort;
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

/** A tag that moves is pulled each time. */
function imagePullPolicy(image: string): string {
  const [reference = "", digest] = image.split("@", 2);
  // A colon before the last slash belongs to a registry's port.
  const tag = /:([^/:]+)$/.exec(reference)?.[1];
  return tag === "latest" || (tag === undefined && digest === undefined) ? "Always" : "IfNotPresent";
}

/** Who limits a resource and requests none of it requests the limit. */
function requestLimits({ resources }: Container): void {
  for (const [name, limit] of Object.entries(resources?.limits ?? {})) {
    const requests = resources!.requests ??= {};
    if (!Object.hasOwn(requests, name)) requests[name] = limit;
  }
}
