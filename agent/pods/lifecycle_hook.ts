import type { Clock } from "../../api/clock.ts";
import type { Container, LifecycleHandler } from "../../api/types/core_v1.ts";
import { pause } from "../../client/pause.ts";
import { httpGet } from "../probes/http_get.ts";
import { portNumber } from "../probes/port.ts";
import type { ContainerRuntime } from "../runtime/contract.ts";

export interface HookTarget {
  readonly runtime: ContainerRuntime;
  readonly clock: Clock;
  readonly container: Container;
  readonly containerId: string;
  readonly podIP: string;
}

/** Runs a postStart or preStop handler to its end. Rejects with what went wrong; its output is part of the message, cut. */
export async function runHook(handler: LifecycleHandler, target: HookTarget, signal: AbortSignal): Promise<void> {
  if (handler.exec) {
    const { command = [] } = handler.exec;
    const result = await target.runtime.execSync(target.containerId, command, 0, signal);
    if (result.exitCode === 0) return;
    const output = new TextDecoder().decode(
      new Uint8Array([...result.stdout.slice(0, 512), ...result.stderr.slice(0, 512)]),
    );
    throw new Error(`command '${command.join(" ")}' exited with ${result.exitCode}: ${output}`);
  }
  if (handler.httpGet) {
    const { httpGet: get } = handler;
    const answer = await httpGet({
      scheme: get.scheme?.toLowerCase() === "https" ? "https" : "http",
      host: get.host || target.podIP,
      port: portNumber(get.port, target.container),
      path: get.path ?? "/",
      headers: get.httpHeaders ?? [],
      userAgent: "kube-lifecycle/1.36",
      timeoutMilliseconds: 60_000,
    }, signal);
    if (answer.status >= 400) throw new Error(`HTTP status ${answer.status}: ${answer.body.slice(0, 512)}`);
    return;
  }
  if (handler.sleep) await pause(target.clock, handler.sleep.seconds * 1000, signal);
}
