import { dnsConfig } from "../dns_config.ts";
import { logDirectoryPath, podDirectoryPath } from "../node_facts.ts";
import { messageOf, PodError } from "../pod_error.ts";
import { sandboxConfig } from "../sandbox_config.ts";
import { resourcesOf } from "../pod_resources.ts";
import type { Action } from "../state.ts";
import { lookAgain } from "./look_again.ts";
import type { Run } from "./run.ts";

export async function runSandbox(action: Action & { type: "runSandbox" }, run: Run): Promise<void> {
  const { shared, signal } = run;
  const { pod } = run.state();
  const uid = pod.metadata.uid ?? "";
  const facts = shared.facts();
  try {
    if (action.attempt > 0) {
      shared.event(
        pod,
        undefined,
        "Normal",
        "SandboxChanged",
        "Pod sandbox changed, it will be killed and re-created.",
      );
    }
    const [resolvConf] = await Promise.all([
      Deno.readTextFile(facts.resolvConf).catch(() => ""),
      shared.cgroups.ensure(pod),
      Deno.mkdir(podDirectoryPath(facts, uid), { recursive: true, mode: 0o750 }),
      Deno.mkdir(logDirectoryPath(facts, pod), { recursive: true }),
    ]);
    const dns = dnsConfig(pod, facts, resolvConf);
    const config = sandboxConfig(pod, action.attempt, facts, dns, shared.cgroups.path(pod));
    const id = await shared.runtime.runSandbox(config, signal);
    shared.claim(id, uid);
    run.send({ type: "applied", applied: { pod: resourcesOf(pod), containers: {} } });
    const sandbox = await shared.runtime.sandbox(id);
    if (sandbox) run.send({ type: "sandbox", sandbox });
  } catch (error) {
    signal.throwIfAborted();
    const message = `Failed to create pod sandbox: ${messageOf(error)}`;
    shared.event(pod, undefined, "Warning", "FailedCreatePodSandBox", message);
    await lookAgain(run);
    throw new PodError("FailedCreatePodSandBox", message, { cause: error });
  }
}

export async function stopSandbox({ id }: Action & { type: "stopSandbox" }, run: Run): Promise<void> {
  await run.shared.runtime.stopSandbox(id, run.signal);
  const sandbox = await run.shared.runtime.sandbox(id, run.signal);
  if (sandbox) run.send({ type: "sandbox", sandbox: { ...sandbox, ready: false } });
  else run.send({ type: "sandboxGone", id });
}

export async function removeSandbox({ id }: Action & { type: "removeSandbox" }, run: Run): Promise<void> {
  await run.shared.runtime.stopSandbox(id, run.signal);
  await run.shared.runtime.removeSandbox(id, run.signal);
  run.send({ type: "sandboxGone", id });
}
