import { configmaps, secrets } from "../../../api/resources.ts";
import { isNotFound } from "../../../api/status.ts";
import type { Container, EphemeralContainer, Pod } from "../../../api/types/core_v1.ts";
import type { ContainerConfig, SandboxConfig } from "../../runtime/contract.ts";
import { containerConfig } from "../container_config.ts";
import { dnsConfig } from "../dns_config.ts";
import { environmentOf } from "../environment.ts";
import { seenServices } from "../service_environment.ts";
import { objectKey } from "../saved_objects.ts";
import { hostsFile } from "../hostname.ts";
import { runHook } from "../lifecycle_hook.ts";
import { podDirectoryPath } from "../node_facts.ts";
import { messageOf, PodError } from "../pod_error.ts";
import { sandboxConfig } from "../sandbox_config.ts";
import { type Action, latest, specContainer } from "../state.ts";
import { withTerminationMessage } from "../termination_message.ts";
import { lookAgain } from "./look_again.ts";
import type { Run } from "./run.ts";

type Start = Action & { type: "startContainer" };

/** Makes a container, starts it and runs its postStart. The runtime's own part is not aborted: it would be half done. */
export async function startContainer(action: Start, run: Run): Promise<void> {
  const { shared } = run;
  const { pod } = run.state();
  const container = specContainer(pod, action.container);
  if (!container) return;
  const config = await failingAs("CreateContainerConfigError", run, container, () => configOf(action, run, container));
  const id = await failingAs("CreateContainerError", run, container, async () => {
    const created = await create(action, run, config);
    shared.claim(created, pod.metadata.uid ?? "");
    return created;
  });
  shared.event(pod, container.name, "Normal", "Created", `Container created`);
  try {
    await failingAs("RunContainerError", run, container, () => shared.runtime.startContainer(id));
  } finally {
    await report(id, run);
  }
  shared.event(pod, container.name, "Normal", "Started", `Container started`);
  if (container.lifecycle?.postStart) await postStart(id, container, run, action.sandbox.ips[0] ?? "");
}

async function create(action: Start, run: Run, config: ContainerConfig): Promise<string> {
  try {
    return await run.shared.runtime.createContainer(action.sandbox.id, config, sandboxOf(action, run));
  } catch (error) {
    await lookAgain(run);
    throw error;
  }
}

async function failingAs<T>(reason: string, run: Run, container: Container, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    run.signal.throwIfAborted();
    const message = messageOf(error);
    run.shared.event(run.state().pod, container.name, "Warning", "Failed", `Error: ${message}`);
    throw new PodError(error instanceof PodError ? error.reason : reason, message, { cause: error });
  }
}

async function configOf(action: Start, run: Run, container: Container | EphemeralContainer) {
  const { shared, signal } = run;
  const { pod } = run.state();
  const facts = shared.facts();
  const { hostNetwork } = pod.spec;
  const target = targetOf(container, run);
  const podIPs = hostNetwork ? facts.hostIPs : action.sandbox.ips;
  const security = { ...pod.spec.securityContext, ...container.securityContext };
  // The image's user matters only where the spec leaves it open.
  const needsImage = security.runAsUser === undefined;
  const services = await shared.remembered(pod, "services", async () => {
    return seenServices(shared.services(), pod.metadata.namespace ?? "");
  });
  const [environment, image, hostsPath] = await Promise.all([
    environmentOf(pod, container, {
      hostIPs: facts.hostIPs,
      podIPs,
      allocatable: facts.allocatable,
      services,
      configMap: (namespace, name) =>
        shared.remembered(
          pod,
          objectKey(configmaps, name),
          () => found(shared.client.get(configmaps, { namespace, name }, { signal })),
        ),
      secret: (namespace, name) =>
        shared.remembered(
          pod,
          objectKey(secrets, name),
          () => found(shared.client.get(secrets, { namespace, name }, { signal })),
        ),
    }),
    needsImage ? shared.runtime.images.get(action.image, signal) : undefined,
    writeHosts(pod, podIPs, run),
  ]);
  return await containerConfig({
    pod,
    container,
    attempt: action.attempt,
    imageId: action.image,
    image,
    environment,
    facts,
    volumes: shared.volumes,
    hostsPath,
    ...(target === undefined ? {} : { target }),
  });
}

/** Of a container for debugging, the id of the one that it names as its target. */
function targetOf(container: Container | EphemeralContainer, run: Run): string | undefined {
  const name = "targetContainerName" in container ? container.targetContainerName : undefined;
  if (!name) return undefined;
  const target = latest(run.state(), name);
  if (target?.state === "running") return target.id;
  throw new PodError("CreateContainerConfigError", `target container ${JSON.stringify(name)} does not run`);
}

async function found<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

async function writeHosts(pod: Pod, podIPs: readonly string[], run: Run): Promise<string> {
  const facts = run.shared.facts();
  const path = `${podDirectoryPath(facts, pod.metadata.uid ?? "")}/etc-hosts`;
  const nodeHosts = pod.spec.hostNetwork ? await Deno.readTextFile("/etc/hosts").catch(() => "") : "";
  const text = hostsFile(pod, podIPs, facts.clusterDomain, nodeHosts);
  // Containers have this very file mounted: it is written in place, and only when it says something else.
  if (await Deno.readTextFile(path).catch(() => undefined) !== text) {
    await Deno.writeTextFile(path, text, { mode: 0o644 });
  }
  return path;
}

/** The runtime wants the sandbox's configuration again; what it makes of it for a container does not depend on the DNS part. */
function sandboxOf(action: Start, run: Run): SandboxConfig {
  const { pod } = run.state();
  const facts = run.shared.facts();
  return sandboxConfig(pod, action.sandbox.attempt, facts, dnsConfig(pod, facts, ""), run.shared.cgroups.path(pod));
}

async function report(id: string, run: Run): Promise<void> {
  const container = await run.shared.runtime.container(id);
  if (!container) return;
  const uid = run.state().pod.metadata.uid ?? "";
  const told = container.state === "exited"
    ? await withTerminationMessage(container, run.shared.facts(), uid)
    : container;
  run.send({ type: "container", container: told });
}

async function postStart(id: string, container: Container, run: Run, podIP: string): Promise<void> {
  const { shared, signal } = run;
  const { pod } = run.state();
  try {
    const { runtime, clock } = shared;
    await runHook(container.lifecycle!.postStart!, { runtime, clock, container, containerId: id, podIP }, signal);
  } catch (error) {
    signal.throwIfAborted();
    const message = `PostStartHook failed: ${messageOf(error)}`;
    shared.event(pod, container.name, "Warning", "FailedPostStartHook", message);
    shared.event(pod, container.name, "Normal", "Killing", "FailedPostStartHook");
    await shared.runtime.stopContainer(id, pod.spec.terminationGracePeriodSeconds ?? 30, signal);
    await report(id, run);
    throw new PodError("PostStartHookError", message, { cause: error });
  }
}
