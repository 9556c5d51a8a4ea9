import type { Container, Probe } from "../../api/types/core_v1.ts";
import { type ContainerRuntime, RuntimeError } from "../runtime/contract.ts";
import { messageOf } from "./_message.ts";
import { grpcCheck } from "./grpc_check.ts";
import { httpGet } from "./http_get.ts";
import type { ProbeOutcome } from "./outcome.ts";
import { portNumber } from "./port.ts";

export interface ProbeTarget {
  readonly runtime: ContainerRuntime;
  readonly container: Container;
  readonly containerId: string;
  readonly podIP: string;
}

const maxOutput = 10 * 1024;

/** Asks a container once. Never rejects, but for the signal: no answer is an answer too. */
export async function probe(spec: Probe, target: ProbeTarget, signal: AbortSignal): Promise<ProbeOutcome> {
  const milliseconds = (spec.timeoutSeconds ?? 1) * 1000;
  try {
    if (spec.exec) return await execProbe(spec.exec.command ?? [], target, milliseconds, signal);
    if (spec.httpGet) return await httpProbe(spec.httpGet, target, milliseconds, signal);
    if (spec.tcpSocket) {
      const { host, port } = spec.tcpSocket;
      return await tcpProbe(host || target.podIP, portNumber(port, target.container), milliseconds, signal);
    }
    if (spec.grpc) {
      return await grpcCheck(target.podIP, spec.grpc.port, spec.grpc.service ?? "", milliseconds, signal);
    }
    return { success: true, output: "" };
  } catch (error) {
    signal.throwIfAborted();
    const unasked = error instanceof RuntimeError && error.reason !== "deadlineExceeded";
    return { success: unasked ? undefined : false, output: messageOf(error).slice(0, maxOutput) };
  }
}

async function execProbe(
  command: readonly string[],
  target: ProbeTarget,
  milliseconds: number,
  signal: AbortSignal,
): Promise<ProbeOutcome> {
  const result = await target.runtime.execSync(target.containerId, command, Math.ceil(milliseconds / 1000), signal);
  const decoder = new TextDecoder();
  const output = decoder.decode(result.stdout.subarray(0, maxOutput)) +
    decoder.decode(result.stderr.subarray(0, maxOutput));
  return { success: result.exitCode === 0, output: output.slice(0, maxOutput) };
}

async function httpProbe(
  get: NonNullable<Probe["httpGet"]>,
  target: ProbeTarget,
  timeoutMilliseconds: number,
  signal: AbortSignal,
): Promise<ProbeOutcome> {
  const answer = await httpGet({
    scheme: get.scheme?.toLowerCase() === "https" ? "https" : "http",
    host: get.host || target.podIP,
    port: portNumber(get.port, target.container),
    path: get.path ?? "/",
    headers: get.httpHeaders ?? [],
    userAgent: "kube-probe/1.36",
    timeoutMilliseconds,
  }, signal);
  // Redirects to elsewhere are not followed and count as an answer.
  const success = answer.status >= 200 && answer.status < 400;
  return { success, output: success ? answer.body : `HTTP probe failed with statuscode: ${answer.status}` };
}

async function tcpProbe(
  hostname: string,
  port: number,
  milliseconds: number,
  signal: AbortSignal,
): Promise<ProbeOutcome> {
  const limit = AbortSignal.timeout(milliseconds);
  try {
    const connection = await Deno.connect({ hostname, port, signal: AbortSignal.any([signal, limit]) });
    connection.close();
    return { success: true, output: "" };
  } catch (error) {
    signal.throwIfAborted();
    const why = limit.aborted ? `no connection within ${milliseconds / 1000}s` : messageOf(error);
    return { success: false, output: `dial tcp ${hostname}:${port}: ${why}` };
  }
}
