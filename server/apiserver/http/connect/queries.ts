import { FieldError, root } from "../../../../api/meta/field.ts";
import { badRequest, invalid } from "../../../../api/status.ts";
import type { Pod } from "../../../../api/types/core_v1.ts";
import type { Query } from "../query.ts";

/** The container that a request is for. 400 unless the Pod has it, or has only one and none is named. */
export function containerOf(pod: Pod, asked: string | undefined): string {
  const names = pod.spec.containers.map((c) => c.name);
  const initial = (pod.spec.initContainers ?? []).map((c) => c.name);
  const ephemeral = (pod.spec.ephemeralContainers ?? []).map((c) => c.name);
  if (asked !== undefined) {
    if ([...names, ...initial, ...ephemeral].includes(asked)) return asked;
    throw badRequest(`container ${asked} is not valid for pod ${pod.metadata.name}`);
  }
  const [only] = names;
  if (names.length === 1 && only !== undefined) return only;
  let message = `a container name must be specified for pod ${pod.metadata.name}, choose one of: [${names.join(" ")}]`;
  if (initial.length > 0) message += ` or one of the init containers: [${initial.join(" ")}]`;
  if (ephemeral.length > 0) message += ` or one of the ephemeral containers: [${ephemeral.join(" ")}]`;
  throw badRequest(message);
}

/** PodLogOptions as the node's agent takes them; 422 for values that make no sense. */
export function logQuery(query: Query, podName: string): string {
  const errors: FieldError[] = [];
  const atLeast = (name: string, least: number) => {
    const value = query.integer(name);
    if (value !== undefined && value < least) {
      errors.push(FieldError.invalid(root(name), value, `must be greater than or equal to ${least}`));
    }
    return value;
  };
  const numbers = {
    tailLines: atLeast("tailLines", 0),
    limitBytes: atLeast("limitBytes", 1),
    sinceSeconds: atLeast("sinceSeconds", 1),
  };
  const sinceTime = query.text("sinceTime");
  if (sinceTime !== undefined && Number.isNaN(Date.parse(sinceTime))) {
    errors.push(FieldError.invalid(root("sinceTime"), sinceTime, "must be a time as in 2006-01-02T15:04:05Z"));
  }
  if (sinceTime !== undefined && numbers.sinceSeconds !== undefined) {
    errors.push(FieldError.forbidden(root("sinceTime"), "may not be given together with `sinceSeconds`"));
  }
  const stream = query.text("stream");
  if (stream !== undefined && !["All", "Stdout", "Stderr"].includes(stream)) {
    errors.push(FieldError.notSupported(root("stream"), stream, ["All", "Stdout", "Stderr"]));
  }
  if (errors.length > 0) throw invalid({ group: "", kind: "PodLogOptions" }, podName, errors);
  const out = new URLSearchParams();
  for (const flag of ["follow", "previous", "timestamps"]) if (query.flag(flag)) out.set(flag, "true");
  for (const [name, value] of Object.entries(numbers)) if (value !== undefined) out.set(name, String(value));
  if (sinceTime !== undefined) out.set("sinceTime", sinceTime);
  if (stream !== undefined && stream !== "All") out.set("stream", stream);
  return out.toString();
}

/** PodExecOptions and PodAttachOptions; the command is for the first alone. */
export function streamQuery(query: Query, command: boolean): string {
  const out = new URLSearchParams();
  const streams = { stdin: "input", stdout: "output", stderr: "error", tty: "tty" };
  for (const [from, to] of Object.entries(streams)) if (query.flag(from)) out.set(to, "1");
  if (!out.has("input") && !out.has("output") && !out.has("error")) {
    throw badRequest("you must specify at least 1 of stdin, stdout, stderr");
  }
  // A terminal has one output.
  if (out.has("tty") && out.has("output")) out.delete("error");
  if (command) {
    const words = query.parameters.getAll("command");
    if (words.length === 0) throw badRequest("you must specify at least one command for the container");
    for (const word of words) out.append("command", word);
  }
  return out.toString();
}

export function portForwardQuery(query: Query): string {
  const out = new URLSearchParams();
  for (const port of query.parameters.getAll("ports").flatMap((text) => text.split(","))) {
    const number = Number(port);
    if (!/^\d{1,5}$/.test(port) || number < 1 || number > 65535) {
      throw badRequest(`${JSON.stringify(port)} is no port: use a number from 1 to 65535`);
    }
    out.append("port", port);
  }
  return out.toString();
}
