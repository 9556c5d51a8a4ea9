import { canonicalJson, fnv32a } from "../../api/meta/hash.ts";
import type { Container, Pod } from "../../api/types/core_v1.ts";

/** What sandboxes and containers carry, so that a restarted agent finds its Pods in the runtime alone. The names are the kubelet's. */
export const labelKeys = {
  podName: "io.kubernetes.pod.name",
  podNamespace: "io.kubernetes.pod.namespace",
  podUid: "io.kubernetes.pod.uid",
  containerName: "io.kubernetes.container.name",
} as const;

export const annotationKeys = {
  hash: "io.kubernetes.container.hash",
  restartCount: "io.kubernetes.container.restartCount",
  /** What a container was made with, for the next resize to tell the difference. */
  resources: "skiff.io/container.resources",
  terminationMessagePath: "io.kubernetes.container.terminationMessagePath",
  terminationMessagePolicy: "io.kubernetes.container.terminationMessagePolicy",
  terminationGracePeriod: "io.kubernetes.pod.terminationGracePeriod",
  configSource: "kubernetes.io/config.source",
  configHash: "kubernetes.io/config.hash",
  configMirror: "kubernetes.io/config.mirror",
  configSeen: "kubernetes.io/config.seen",
} as const;

export function podLabels(pod: Pod): Record<string, string> {
  return {
    ...pod.metadata.labels,
    [labelKeys.podName]: pod.metadata.name ?? "",
    [labelKeys.podNamespace]: pod.metadata.namespace ?? "",
    [labelKeys.podUid]: pod.metadata.uid ?? "",
  };
}

export function containerLabels(pod: Pod, container: Container): Record<string, string> {
  return {
    [labelKeys.podName]: pod.metadata.name ?? "",
    [labelKeys.podNamespace]: pod.metadata.namespace ?? "",
    [labelKeys.podUid]: pod.metadata.uid ?? "",
    [labelKeys.containerName]: container.name,
  };
}

export function containerAnnotations(pod: Pod, container: Container, attempt: number): Record<string, string> {
  return {
    [annotationKeys.hash]: containerHash(container),
    [annotationKeys.restartCount]: String(attempt),
    [annotationKeys.terminationMessagePath]: container.terminationMessagePath ?? "/dev/termination-log",
    [annotationKeys.terminationMessagePolicy]: container.terminationMessagePolicy ?? "File",
    [annotationKeys.terminationGracePeriod]: String(pod.spec.terminationGracePeriodSeconds ?? 30),
  };
}

/** Over the fields whose change restarts a container: upstream counts the name and the image, nothing else. */
export function containerHash(container: Container): string {
  return fnv32a(canonicalJson({ name: container.name, image: container.image })).toString(16);
}

/** A Pod read from a file on this node. */
export function isStaticPod(pod: Pod): boolean {
  const source = pod.metadata.annotations?.[annotationKeys.configSource];
  return source !== undefined && source !== "api";
}

/** The API's copy of a static Pod. */
export function isMirrorPod(pod: Pod): boolean {
  return pod.metadata.annotations?.[annotationKeys.configMirror] !== undefined;
}
