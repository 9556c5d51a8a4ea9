import type { Container, LifecycleHandler, Probe } from "../../../../api/types/core_v1.ts";
import {
  type Check,
  type CheckPod,
  containersOf,
  joinQuoted,
  named,
  namesOf,
  plural,
  setters,
  sorted,
} from "./check.ts";
import { seccompAnnotations, seccompValues } from "./seccomp.ts";

const appArmorPrefix = "container.apparmor.security.beta.kubernetes.io/";
const appArmorTypes: ReadonlySet<string> = new Set(["RuntimeDefault", "Localhost"]);

const appArmor: CheckPod = (pod) => {
  const { securityContext } = pod.spec;
  const isBad = (type: string | undefined): type is string => type !== undefined && !appArmorTypes.has(type);
  const own = securityContext?.appArmorProfile?.type;
  const containers = containersOf(pod).filter((each) => isBad(each.securityContext?.appArmorProfile?.type));
  const annotations = Object.entries(pod.metadata.annotations ?? {})
    .filter(([key, value]) =>
      key.startsWith(appArmorPrefix) && value !== "" && value !== "runtime/default" && !value.startsWith("localhost/")
    )
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  const values = sorted([
    ...(isBad(own) ? [own] : []),
    ...containers.map((container) => container.securityContext!.appArmorProfile!.type),
  ]).concat(annotations.sort());
  if (values.length === 0) return undefined;
  const who = [setters(isBad(own), namesOf(containers))].filter((part) => part !== "");
  if (annotations.length > 0) who.push(plural("annotation", annotations));
  return {
    reason: plural("forbidden AppArmor profile", values),
    detail: `${who.join(" and ")} must not set AppArmor profile type to ${joinQuoted(values)}`,
  };
};

const defaultCapabilities: ReadonlySet<string> = new Set([
  "AUDIT_WRITE",
  "CHOWN",
  "DAC_OVERRIDE",
  "FOWNER",
  "FSETID",
  "KILL",
  "MKNOD",
  "NET_BIND_SERVICE",
  "SETFCAP",
  "SETGID",
  "SETPCAP",
  "SETUID",
  "SYS_CHROOT",
]);

const capabilities: CheckPod = (pod) => {
  const beyond = ({ securityContext }: Container) =>
    (securityContext?.capabilities?.add ?? []).filter((capability) => !defaultCapabilities.has(capability));
  const bad = containersOf(pod).filter((container) => beyond(container).length > 0);
  if (bad.length === 0) return undefined;
  const added = joinQuoted(sorted(bad.flatMap(beyond)));
  return {
    reason: "non-default capabilities",
    detail: `${named("container", namesOf(bad))} must not include ${added} in securityContext.capabilities.add`,
  };
};

const hostNamespaces: CheckPod = ({ spec }) => {
  const shared = (["hostNetwork", "hostPID", "hostIPC"] as const).filter((field) => spec[field]);
  if (shared.length === 0) return undefined;
  return { reason: "host namespaces", detail: shared.map((field) => `${field}=true`).join(", ") };
};

const hostPathVolumes: CheckPod = ({ spec }) => {
  const volumes = (spec.volumes ?? []).filter(({ hostPath }) => hostPath).map(({ name }) => name);
  return volumes.length === 0 ? undefined : { reason: "hostPath volumes", detail: named("volume", volumes) };
};

const hostPorts: CheckPod = (pod) => {
  const portsOf = ({ ports }: Container) => (ports ?? []).flatMap(({ hostPort }) => hostPort ? [String(hostPort)] : []);
  const bad = containersOf(pod).filter((container) => portsOf(container).length > 0);
  if (bad.length === 0) return undefined;
  const ports = sorted(bad.flatMap(portsOf));
  return {
    reason: "hostPort",
    detail: `${named("container", namesOf(bad))} ${bad.length === 1 ? "uses" : "use"} ${plural("hostPort", ports)} ${
      ports.join(", ")
    }`,
  };
};

const hostProbes: CheckPod = (pod) => {
  const hostsOf = ({ livenessProbe, readinessProbe, startupProbe, lifecycle }: Container) =>
    [livenessProbe, readinessProbe, startupProbe, lifecycle?.postStart, lifecycle?.preStop].flatMap(hostsOfHandler);
  const bad = containersOf(pod).filter((container) => hostsOf(container).length > 0);
  if (bad.length === 0) return undefined;
  const hosts = sorted(bad.flatMap(hostsOf));
  const who = `${named("container", sorted(namesOf(bad)))} ${bad.length === 1 ? "uses" : "use"}`;
  return {
    reason: "probe or lifecycle host",
    detail: `${who} ${plural("probe or lifecycle host", hosts)} ${joinQuoted(hosts)}`,
  };
};

function hostsOfHandler(handler: Probe | LifecycleHandler | undefined): string[] {
  return [handler?.httpGet?.host ?? "", handler?.tcpSocket?.host ?? ""].filter((host) => host !== "");
}

const privilegedContainers: CheckPod = (pod) => {
  const bad = namesOf(containersOf(pod).filter(({ securityContext }) => securityContext?.privileged));
  if (bad.length === 0) return undefined;
  return {
    reason: "privileged",
    detail: `${named("container", bad)} must not set securityContext.privileged=true`,
  };
};

export const procMount: CheckPod = (pod) => {
  const isBad = ({ securityContext }: Container) => (securityContext?.procMount ?? "Default") !== "Default";
  const bad = containersOf(pod).filter(isBad);
  if (bad.length === 0) return undefined;
  const values = joinQuoted(sorted(bad.map(({ securityContext }) => securityContext!.procMount!)));
  return {
    reason: "procMount",
    detail: `${named("container", namesOf(bad))} must not set securityContext.procMount to ${values}`,
  };
};

const seLinuxTypes = ["", "container_t", "container_init_t", "container_kvm_t"];

function seLinux(allowed: readonly string[]): CheckPod {
  type Options = { readonly type?: string; readonly user?: string; readonly role?: string };
  const isBad = ({ type = "", user = "", role = "" }: Options = {}) =>
    !allowed.includes(type) || user !== "" || role !== "";
  return (pod) => {
    const own = pod.spec.securityContext?.seLinuxOptions;
    const containers = containersOf(pod).filter(({ securityContext }) => isBad(securityContext?.seLinuxOptions));
    const bad: Options[] = containers.map(({ securityContext }) => securityContext!.seLinuxOptions!);
    if (isBad(own)) bad.push(own!);
    if (bad.length === 0) return undefined;
    const types = sorted(bad.map(({ type = "" }) => type).filter((type) => !allowed.includes(type)));
    const data = types.length > 0 ? [named("type", types)] : [];
    if (bad.some(({ user }) => user)) data.push("user may not be set");
    if (bad.some(({ role }) => role)) data.push("role may not be set");
    const who = setters(isBad(own), namesOf(containers));
    return {
      reason: "seLinuxOptions",
      detail: `${who} set forbidden securityContext.seLinuxOptions: ${data.join("; ")}`,
    };
  };
}

/** The sysctls that are confined to a Pod and harm nobody else, by the version that took them in. */
const safeSysctls: readonly (readonly [since: number, names: readonly string[]])[] = [
  [0, [
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.ping_group_range",
    "net.ipv4.ip_unprivileged_port_start",
  ]],
  [27, ["net.ipv4.ip_local_reserved_ports"]],
  [29, [
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
  ]],
  [32, ["net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem"]],
];

function sysctls(version: number): CheckPod {
  const allowed = new Set(safeSysctls.filter(([since]) => since <= version).flatMap(([, names]) => names));
  return ({ spec }) => {
    const bad = (spec.securityContext?.sysctls ?? []).map(({ name }) => name).filter((name) => !allowed.has(name));
    return bad.length === 0 ? undefined : { reason: "forbidden sysctls", detail: bad.join(", ") };
  };
}

const windowsHostProcess: CheckPod = (pod) => {
  const own = pod.spec.securityContext?.windowsOptions?.hostProcess === true;
  const bad = containersOf(pod).filter(({ securityContext }) => securityContext?.windowsOptions?.hostProcess);
  if (!own && bad.length === 0) return undefined;
  const who = setters(own, namesOf(bad));
  return { reason: "hostProcess", detail: `${who} must not set securityContext.windowsOptions.hostProcess=true` };
};

/** Root inside a user namespace of its own is nobody outside: such Pods may do more. */
export function unlessInUserNamespace(check: CheckPod): CheckPod {
  return (pod) => pod.spec.hostUsers === false ? undefined : check(pod);
}

export const baselineChecks: readonly Check[] = [
  { id: "appArmorProfile", versions: [{ since: 0, check: appArmor }] },
  { id: "capabilities_baseline", versions: [{ since: 0, check: capabilities }] },
  { id: "hostNamespaces", versions: [{ since: 0, check: hostNamespaces }] },
  { id: "hostPathVolumes", versions: [{ since: 0, check: hostPathVolumes }] },
  { id: "hostPorts", versions: [{ since: 0, check: hostPorts }] },
  { id: "hostProbesAndHostLifecycle", versions: [{ since: 34, check: hostProbes }] },
  { id: "privileged", versions: [{ since: 0, check: privilegedContainers }] },
  {
    id: "procMount",
    versions: [{ since: 0, check: procMount }, { since: 35, check: unlessInUserNamespace(procMount) }],
  },
  {
    id: "seLinuxOptions",
    versions: [
      { since: 0, check: seLinux(seLinuxTypes) },
      { since: 31, check: seLinux([...seLinuxTypes, "container_engine_t"]) },
    ],
  },
  {
    id: "seccompProfile_baseline",
    versions: [{ since: 0, check: seccompAnnotations }, { since: 19, check: seccompValues }],
  },
  { id: "sysctls", versions: safeSysctls.map(([since]) => ({ since, check: sysctls(since) })) },
  { id: "windowsHostProcess", versions: [{ since: 0, check: windowsHostProcess }] },
];
