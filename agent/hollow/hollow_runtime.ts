import type { Clock } from "../../api/clock.ts";
import { pods } from "../../api/resources.ts";
import { isNotFound } from "../../api/status.ts";
import type { Client } from "../../client/client.ts";
import { pause } from "../../client/pause.ts";
import { labelKeys } from "../pods/labels.ts";
import type { ContainerConfig, ContainerRuntime } from "../runtime/contract.ts";
import { behaviourAnnotations, behaviourOf } from "../runtime/simulated/behaviour.ts";

/** Milliseconds that a server which heeds SIGTERM takes to end: a Pod that is deleted with grace is seen going. */
const STOPS_AFTER = 100;

/**
 * What a simulated runtime must do beside running nothing, so that Pods go through their phases: init containers end, or the others would never start, and
 * ending takes a moment.
 */
export function hollowRuntime(runtime: ContainerRuntime, { client, clock }: { client: Client; clock: Clock }) {
  async function isInitContainer({ name, labels }: ContainerConfig): Promise<boolean> {
    const target = { namespace: labels[labelKeys.podNamespace] ?? "", name: labels[labelKeys.podName] ?? "" };
    try {
      const { spec } = await client.get(pods, target);
      return (spec.initContainers ?? []).some((one) => one.name === name && one.restartPolicy !== "Always");
    } catch (error) {
      if (isNotFound(error)) return false;
      throw error;
    }
  }

  return {
    ...runtime,
    async createContainer(sandboxId, config, sandbox, signal) {
      const runsOn = behaviourOf(config).endsAfter === undefined;
      const ends = runsOn && await isInitContainer(config);
      const annotations = { ...config.annotations, ...(ends && { [behaviourAnnotations.exitAfter]: "0" }) };
      return await runtime.createContainer(sandboxId, { ...config, annotations }, sandbox, signal);
    },
    async stopContainer(id, graceSeconds, signal) {
      if (graceSeconds > 0) await pause(clock, STOPS_AFTER, signal);
      await runtime.stopContainer(id, graceSeconds, signal);
    },
  } satisfies ContainerRuntime;
}
