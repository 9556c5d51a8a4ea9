import type { ConfigMap, Container, EnvFromSource, EnvVar, Pod, Secret, Service } from "../../api/types/core_v1.ts";
import { expand } from "./expand.ts";
import { type FieldSources, fieldValue, resourceValue } from "./field_values.ts";
import { PodError } from "./pod_error.ts";
import { serviceEnvironment } from "./service_environment.ts";

/** Where values come from that are not in the Pod itself. */
export interface EnvironmentSources extends FieldSources {
  /** Undefined when there is none of that name. */
  configMap(namespace: string, name: string): Promise<ConfigMap | undefined>;
  secret(namespace: string, name: string): Promise<Secret | undefined>;
  readonly services: readonly Service[];
}

/** A container's variables in their order; a later one of a name replaces an earlier one. Throws a {@linkcode PodError}. */
export async function environmentOf(
  pod: Pod,
  container: Container,
  sources: EnvironmentSources,
): Promise<ReadonlyMap<string, string>> {
  const namespace = pod.metadata.namespace ?? "";
  const result = new Map<string, string>();
  for (const from of container.envFrom ?? []) {
    for (const [key, value] of await valuesFrom(from, namespace, sources)) {
      result.set(`${from.prefix ?? ""}${key}`, value);
    }
  }
  const services = serviceEnvironment(sources.services, namespace, pod.spec.enableServiceLinks ?? true);
  // Only what stands before a variable, and the Services, can be named in it.
  const known = new Map([...services, ...result]);
  for (const variable of container.env ?? []) {
    const value = variable.valueFrom
      ? await valueFrom(pod, container, variable, sources)
      : expand(variable.value ?? "", known);
    if (value === undefined) continue;
    known.set(variable.name, value);
    result.set(variable.name, value);
  }
  for (const [name, value] of services) if (!result.has(name)) result.set(name, value);
  return result;
}

async function valuesFrom(
  from: EnvFromSource,
  namespace: string,
  sources: EnvironmentSources,
): Promise<Iterable<[string, string]>> {
  if (from.configMapRef) {
    const { name = "", optional } = from.configMapRef;
    const object = await sources.configMap(namespace, name);
    if (!object && !optional) throw missing("ConfigMap", namespace, name);
    return Object.entries(object?.data ?? {});
  }
  if (from.secretRef) {
    const { name = "", optional } = from.secretRef;
    const object = await sources.secret(namespace, name);
    if (!object && !optional) throw missing("Secret", namespace, name);
    return Object.entries(object?.data ?? {}).map(([key, value]) => [key, decodeText(value)]);
  }
  return [];
}

async function valueFrom(
  pod: Pod,
  container: Container,
  { name: variable, valueFrom: from }: EnvVar,
  sources: EnvironmentSources,
): Promise<string | undefined> {
  const namespace = pod.metadata.namespace ?? "";
  if (from?.fieldRef) return fieldValue(pod, from.fieldRef.fieldPath, sources);
  if (from?.resourceFieldRef) return resourceValue(pod, container.name, from.resourceFieldRef, sources);
  if (from?.configMapKeyRef) {
    const { name = "", key, optional } = from.configMapKeyRef;
    const object = await sources.configMap(namespace, name);
    const value = object?.data?.[key];
    if (value !== undefined || optional) return value;
    throw object ? missingKey("ConfigMap", namespace, name, key) : missing("ConfigMap", namespace, name);
  }
  if (from?.secretKeyRef) {
    const { name = "", key, optional } = from.secretKeyRef;
    const object = await sources.secret(namespace, name);
    const value = object?.data?.[key];
    if (value !== undefined) return decodeText(value);
    if (optional) return undefined;
    throw object ? missingKey("Secret", namespace, name, key) : missing("Secret", namespace, name);
  }
  throw new PodError(
    "CreateContainerConfigError",
    `environment variable ${variable} of container ${container.name} has a valueFrom that this node does not know`,
  );
}

function missing(kind: string, namespace: string, name: string): PodError {
  return new PodError(
    "CreateContainerConfigError",
    `${kind.toLowerCase()} "${name}" not found in namespace "${namespace}"`,
  );
}

function missingKey(kind: string, namespace: string, name: string, key: string): PodError {
  return new PodError("CreateContainerConfigError", `couldn't find key ${key} in ${kind} ${namespace}/${name}`);
}

function decodeText(base64: string): string {
  return new TextDecoder().decode(Uint8Array.fromBase64(base64));
}
