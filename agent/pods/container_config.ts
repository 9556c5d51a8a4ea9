import type { Container, EphemeralContainer, Pod } from "../../api/types/core_v1.ts";
import type { ContainerConfig, Image, Mount } from "../runtime/contract.ts";
import type { Volumes } from "../volumes/contract.ts";
import { expand } from "./expand.ts";
import { annotationKeys, containerAnnotations, containerLabels } from "./labels.ts";
import { type NodeFacts, podDirectoryPath } from "./node_facts.ts";
import { PodError } from "./pod_error.ts";
import { resourcesAnnotation } from "./pod_resources.ts";
import { containerResources } from "./resources.ts";
import { containerSecurity } from "./security_context.ts";

export interface ContainerInputs {
  readonly pod: Pod;
  readonly container: Container | EphemeralContainer;
  readonly attempt: number;
  readonly imageId: string;
  readonly image: Image | undefined;
  readonly environment: ReadonlyMap<string, string>;
  readonly facts: NodeFacts;
  readonly volumes: Volumes;
  /** Id of the container that an ephemeral one is to look at. */
  readonly target?: string;
  /** Set when the Pod's `/etc/hosts` is ours. */
  readonly hostsPath: string | undefined;
}

/** All that the runtime needs to make a container. Makes the host files that it mounts. Throws a {@linkcode PodError}. */
export async function containerConfig(inputs: ContainerInputs): Promise<ContainerConfig> {
  const { pod, container, attempt, environment, facts } = inputs;
  const text = (value: string) => expand(value, environment);
  return {
    name: container.name,
    attempt,
    image: inputs.imageId,
    userImage: container.image ?? "",
    command: container.command?.map(text) ?? [],
    args: container.args?.map(text) ?? [],
    workingDir: container.workingDir ?? "",
    env: [...environment].map(([name, value]) => ({ name, value })),
    mounts: await mountsOf(inputs),
    devices: [],
    labels: containerLabels(pod, container),
    annotations: {
      ...containerAnnotations(pod, container, attempt),
      [annotationKeys.resources]: resourcesAnnotation(pod, container),
    },
    logPath: `${container.name}/${attempt}.log`,
    stdin: container.stdin ?? false,
    stdinOnce: container.stdinOnce ?? false,
    tty: container.tty ?? false,
    resources: containerResources(pod, container, facts.memoryBytes),
    security: containerSecurity(pod, container, inputs.image, facts.seccompRoot, inputs.target),
  };
}

const propagations: Readonly<Record<string, Mount["propagation"]>> = {
  HostToContainer: "hostToContainer",
  Bidirectional: "bidirectional",
};

async function mountsOf(inputs: ContainerInputs): Promise<Mount[]> {
  const { pod, container, environment, volumes, hostsPath } = inputs;
  const mounts: Mount[] = [];
  for (const [index, mount] of (container.volumeMounts ?? []).entries()) {
    const ready = volumes.path(pod, mount.name);
    if (!ready) {
      const known = pod.spec.volumes?.some((volume) => volume.name === mount.name);
      throw new PodError(
        "CreateContainerConfigError",
        `container ${container.name} mounts volume ${JSON.stringify(mount.name)}, which ${
          known ? "is not ready" : "the Pod does not define"
        }`,
      );
    }
    const subPath = mount.subPathExpr ? expandStrictly(mount.subPathExpr, environment) : mount.subPath ?? "";
    mounts.push({
      containerPath: mount.mountPath.startsWith("/") ? mount.mountPath : `/${mount.mountPath}`,
      hostPath: subPath === "" ? ready.path : await volumes.subPath(pod, mount.name, container.name, index, subPath),
      readonly: ready.readonly === true || mount.readOnly === true,
      propagation: propagations[mount.mountPropagation ?? ""] ?? "private",
    });
  }
  const taken = new Set(mounts.map((mount) => mount.containerPath));
  if (hostsPath && !taken.has("/etc/hosts")) {
    mounts.push({ containerPath: "/etc/hosts", hostPath: hostsPath, readonly: false, propagation: "private" });
  }
  const messagePath = container.terminationMessagePath || "/dev/termination-log";
  if (!taken.has(messagePath)) {
    const hostPath = await terminationLog(inputs);
    mounts.push({ containerPath: messagePath, hostPath, readonly: false, propagation: "private" });
  }
  return mounts;
}

function expandStrictly(expression: string, environment: ReadonlyMap<string, string>): string {
  return expand(expression, environment, (name) => {
    throw new PodError(
      "CreateContainerConfigError",
      `subPathExpr ${JSON.stringify(expression)} names the variable ${
        JSON.stringify(name)
      }, which the container has not`,
    );
  });
}

/** The file that a container of this attempt may leave its last words in; any user may write it. */
async function terminationLog({ pod, container, attempt, facts }: ContainerInputs): Promise<string> {
  const path = terminationLogPath(facts, pod.metadata.uid ?? "", container.name, attempt);
  await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
  await Deno.writeTextFile(path, "");
  await Deno.chmod(path, 0o666);
  return path;
}

export function terminationLogPath(facts: NodeFacts, uid: string, container: string, attempt: number): string {
  return `${podDirectoryPath(facts, uid)}/containers/${container}/${attempt}`;
}
