import type { Container, Pod, Probe, Volume } from "../../api/types/core_v1.ts";
import { defaultPullPolicy } from "../pods/image_reference.ts";

/** What the API server would have filled in: a static Pod does not pass it. */
export function withDefaults(pod: Pod): Pod {
  const { spec } = pod;
  const hostNetwork = spec.hostNetwork === true;
  return {
    ...pod,
    spec: {
      ...spec,
      restartPolicy: spec.restartPolicy ?? "Always",
      dnsPolicy: spec.dnsPolicy ?? "ClusterFirst",
      terminationGracePeriodSeconds: spec.terminationGracePeriodSeconds ?? 30,
      enableServiceLinks: spec.enableServiceLinks ?? true,
      securityContext: spec.securityContext ?? {},
      schedulerName: spec.schedulerName ?? "default-scheduler",
      containers: spec.containers.map((container) => containerDefaults(container, hostNetwork)),
      ...(spec.initContainers
        ? { initContainers: spec.initContainers.map((container) => containerDefaults(container, hostNetwork)) }
        : {}),
      ...(spec.volumes ? { volumes: spec.volumes.map(volumeDefaults) } : {}),
    },
  };
}

function containerDefaults(container: Container, hostNetwork: boolean): Container {
  const { limits, requests } = container.resources ?? {};
  return {
    ...container,
    imagePullPolicy: container.imagePullPolicy ?? defaultPullPolicy(container.image ?? ""),
    terminationMessagePath: container.terminationMessagePath ?? "/dev/termination-log",
    terminationMessagePolicy: container.terminationMessagePolicy ?? "File",
    resources: { ...container.resources, ...(limits ? { requests: { ...limits, ...requests } } : {}) },
    ...(container.ports
      ? {
        ports: container.ports.map((port) => ({
          ...port,
          protocol: port.protocol ?? "TCP",
          ...(hostNetwork ? { hostPort: port.hostPort ?? port.containerPort } : {}),
        })),
      }
      : {}),
    ...probeDefaults("livenessProbe", container),
    ...probeDefaults("readinessProbe", container),
    ...probeDefaults("startupProbe", container),
  };
}

function probeDefaults(name: "livenessProbe" | "readinessProbe" | "startupProbe", container: Container) {
  const probe: Probe | undefined = container[name];
  if (!probe) return {};
  const { httpGet } = probe;
  return {
    [name]: {
      timeoutSeconds: 1,
      periodSeconds: 10,
      successThreshold: 1,
      failureThreshold: 3,
      ...probe,
      ...(httpGet ? { httpGet: { path: "/", scheme: "HTTP", ...httpGet } } : {}),
    },
  };
}

function volumeDefaults(volume: Volume): Volume {
  const isEmpty = Object.keys(volume).every((field) => field === "name");
  return {
    ...volume,
    ...(isEmpty ? { emptyDir: {} } : {}),
    ...(volume.hostPath ? { hostPath: { type: "", ...volume.hostPath } } : {}),
  };
}
