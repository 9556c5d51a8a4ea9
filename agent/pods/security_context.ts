import type { AppArmorProfile, Container, Pod, SeccompProfile } from "../../api/types/core_v1.ts";
import type { ContainerSecurity, Image, NamespaceModes, Profile, SandboxSecurity } from "../runtime/contract.ts";
import { PodError } from "./pod_error.ts";

/** Kernel interfaces that containers do not see, or cannot write to, unless they ask with `procMount: Unmasked`. */
const maskedPaths = [
  "/proc/asound",
  "/proc/acpi",
  "/proc/interrupts",
  "/proc/kcore",
  "/proc/keys",
  "/proc/latency_stats",
  "/proc/timer_list",
  "/proc/timer_stats",
  "/proc/sched_debug",
  "/proc/scsi",
  "/sys/firmware",
  "/sys/devices/virtual/powercap",
];
const readonlyPaths = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];

export function namespaceModes(pod: Pod): NamespaceModes {
  const { hostNetwork, hostPID, hostIPC, shareProcessNamespace } = pod.spec;
  return {
    network: hostNetwork ? "node" : "pod",
    pid: hostPID ? "node" : shareProcessNamespace ? "pod" : "container",
    ipc: hostIPC ? "node" : "pod",
  };
}

export function sandboxSecurity(pod: Pod): SandboxSecurity {
  const { runAsUser, runAsGroup, fsGroup, supplementalGroups = [] } = pod.spec.securityContext ?? {};
  const all = [...pod.spec.containers, ...pod.spec.initContainers ?? []];
  return {
    privileged: all.some((container) => container.securityContext?.privileged === true),
    ...(runAsUser === undefined ? {} : { runAsUser }),
    ...(runAsUser === undefined || runAsGroup === undefined ? {} : { runAsGroup }),
    supplementalGroups: fsGroup === undefined ? supplementalGroups : [fsGroup, ...supplementalGroups],
    readonlyRootfs: false,
    seccomp: { type: "runtimeDefault" },
  };
}

/**
 * The container's own settings before its Pod's. `target` is the id of the container whose processes this one is to see. Throws a {@linkcode PodError} when it would run as root and must not. */
export function containerSecurity(
  pod: Pod,
  container: Container,
  image: Image | undefined,
  seccompRoot: string,
  target?: string,
): ContainerSecurity {
  const inPod = pod.spec.securityContext ?? {};
  const own = container.securityContext ?? {};
  const runAsUser = own.runAsUser ?? inPod.runAsUser;
  const runAsGroup = own.runAsGroup ?? inPod.runAsGroup;
  requireNonRoot(own.runAsNonRoot ?? inPod.runAsNonRoot ?? false, container, runAsUser, image);
  const privileged = own.privileged ?? false;
  const unmasked = privileged || own.procMount === "Unmasked";
  const { fsGroup, supplementalGroups = [] } = inPod;
  return {
    privileged,
    addCapabilities: own.capabilities?.add ?? [],
    dropCapabilities: own.capabilities?.drop ?? [],
    ...userOf(runAsUser, image, runAsGroup !== undefined),
    ...(runAsGroup === undefined ? {} : { runAsGroup }),
    supplementalGroups: fsGroup === undefined ? supplementalGroups : [fsGroup, ...supplementalGroups],
    readonlyRootfs: own.readOnlyRootFilesystem ?? false,
    noNewPrivileges: own.allowPrivilegeEscalation === false,
    seccomp: privileged ? { type: "unconfined" } : seccomp(own.seccompProfile ?? inPod.seccompProfile, seccompRoot),
    appArmor: appArmor(own.appArmorProfile ?? inPod.appArmorProfile),
    maskedPaths: unmasked ? [] : maskedPaths,
    readonlyPaths: unmasked ? [] : readonlyPaths,
    namespaces: { ...namespaceModes(pod), ...(target === undefined ? {} : { pid: { target } }) },
  };
}

/** A group is only accepted together with a user, so that the image's is named when the spec has none. */
function userOf(
  runAsUser: number | undefined,
  image: Image | undefined,
  withGroup: boolean,
): { runAsUser?: number; runAsUsername?: string } {
  if (runAsUser !== undefined) return { runAsUser };
  if (image?.uid !== undefined) return { runAsUser: image.uid };
  if (image?.username) return { runAsUsername: image.username };
  return withGroup ? { runAsUser: 0 } : {};
}

function requireNonRoot(
  required: boolean,
  container: Container,
  runAsUser: number | undefined,
  image: Image | undefined,
): void {
  if (!required) return;
  const refuse = (why: string) => {
    throw new PodError("CreateContainerConfigError", `container ${container.name} has runAsNonRoot: true, but ${why}`);
  };
  if (runAsUser !== undefined) {
    if (runAsUser === 0) refuse("its runAsUser is 0");
  } else if (image?.uid !== undefined) {
    if (image.uid === 0) refuse(`the image ${container.image} runs as root; set runAsUser`);
  } else if (image?.username) {
    refuse(
      `the user ${
        JSON.stringify(image.username)
      } of image ${container.image} is not a number, so it may be root; set runAsUser`,
    );
  } else refuse(`the image ${container.image} runs as root; set runAsUser`);
}

function seccomp(profile: SeccompProfile | undefined, root: string): Profile {
  switch (profile?.type) {
    case "RuntimeDefault":
      return { type: "runtimeDefault" };
    case "Localhost":
      return { type: "localhost", path: `${root}/${profile.localhostProfile ?? ""}` };
    default:
      return { type: "unconfined" };
  }
}

function appArmor(profile: AppArmorProfile | undefined): Profile {
  switch (profile?.type) {
    case "Unconfined":
      return { type: "unconfined" };
    case "Localhost":
      return { type: "localhost", path: profile.localhostProfile ?? "" };
    default:
      return { type: "runtimeDefault" };
  }
}
