import { type Path, root } from "../../../api/meta/field.ts";
import type { Container, ContainerPort, Pod, PodSpec } from "../../../api/types/core_v1.ts";

const path = root("spec");

/** Volumes that Kubernetes has given up, and what it says of them. */
const oldVolumes = {
  photonPersistentDisk: "deprecated in v1.11, non-functional in v1.16+",
  gitRepo: "deprecated in v1.11, and disabled by default in v1.33+",
  scaleIO: "deprecated in v1.16, non-functional in v1.22+",
  flocker: "deprecated in v1.22, non-functional in v1.25+",
  storageos: "deprecated in v1.22, non-functional in v1.25+",
  quobyte: "deprecated in v1.22, non-functional in v1.25+",
  glusterfs: "deprecated in v1.25, non-functional in v1.26+",
  cephfs: "deprecated in v1.28, non-functional in v1.31+",
  rbd: "deprecated in v1.28, non-functional in v1.31+",
} as const;

/** What a Pod may say, and should not. */
export function podWarnings({ spec }: Pod): string[] {
  const containers = containersWithPaths(spec);
  return [
    ...(spec.topologySpreadConstraints ?? []).flatMap(({ labelSelector }, index) =>
      labelSelector ? [] : [
        `${
          path.child("topologySpreadConstraints").index(index).child("labelSelector")
        }: a null labelSelector results in matching no pod`,
      ]
    ),
    ...(spec.volumes ?? []).flatMap((volume, index) =>
      Object.entries(oldVolumes).flatMap(([name, said]) =>
        Object.hasOwn(volume, name)
          ? [`${path.child("volumes").index(index).child(name === "storageos" ? "storageOS" : name)}: ${said}`]
          : []
      )
    ),
    ...duplicates(spec.hostAliases, path.child("hostAliases"), "ip"),
    ...duplicates(spec.imagePullSecrets, path.child("imagePullSecrets"), "name"),
    ...(spec.imagePullSecrets ?? []).flatMap(({ name }, index) =>
      name ? [] : [`${path.child("imagePullSecrets").index(index).child("name")}: invalid empty name ""`]
    ),
    ...containers.flatMap(([container, at]) => hiddenVariables(container, at.child("env"))),
    ...portWarnings(containers),
    ...portNameWarnings(containers),
    ...((spec.terminationGracePeriodSeconds ?? 0) < 0
      ? [
        `${
          path.child("terminationGracePeriodSeconds")
        }: must be >= 0; negative values are invalid and will be treated as 1`,
      ]
      : []),
  ];
}

function containersWithPaths(spec: PodSpec): (readonly [Container, Path])[] {
  return (["initContainers", "containers"] as const).flatMap((list) =>
    (spec[list] ?? []).map((container, index) => [container, path.child(list).index(index)] as const)
  );
}

function duplicates<K extends string>(
  list: readonly { readonly [k in K]?: string }[] | undefined,
  at: Path,
  field: K,
): string[] {
  const seen = new Set<string>();
  return (list ?? []).flatMap((one, index) => {
    const value = one[field] ?? "";
    if (seen.has(value)) return [`${at.index(index).child(field)}: duplicate ${field} ${JSON.stringify(value)}`];
    seen.add(value);
    return [];
  });
}

/** Of two variables with one name the second has to build on the first, or an apply may lose one. */
function hiddenVariables({ env = [] }: Container, at: Path): string[] {
  const seen = new Set<string>();
  return env.flatMap(({ name, value = "", valueFrom }, index) => {
    if (!seen.has(name)) {
      seen.add(name);
      return [];
    }
    const reference = `$(${name})`;
    if (!valueFrom && value !== reference && value.includes(reference)) return [];
    return [`${at.index(index)}: hides previous definition of "${name}", which may be dropped when using apply`];
  });
}

function portWarnings(containers: readonly (readonly [Container, Path])[]): string[] {
  const known = new Map<string, { readonly at: Path; readonly port: ContainerPort }[]>();
  return containers.flatMap(([{ ports = [] }, path]) =>
    ports.flatMap((port, index) => {
      const at = path.child("ports").index(index);
      const key = `${port.containerPort}/${port.protocol}`;
      const others = known.get(key) ?? [];
      known.set(key, [...others, { at, port }]);
      return [
        ...(port.hostIP && !port.hostPort ? [`${at}: hostIP set without hostPort: ${shown(port)}`] : []),
        ...others.flatMap((other) => {
          const relation = relationOf(port, other.port);
          return relation ? [`${at}: ${relation} port definition with ${other.at}`] : [];
        }),
      ];
    })
  );
}

/** As upstream's language shows it. */
function shown({ name = "", hostPort = 0, containerPort, protocol, hostIP }: ContainerPort): string {
  return `{Name:${name} HostPort:${hostPort} ContainerPort:${containerPort} Protocol:${protocol} HostIP:${hostIP}}`;
}

function relationOf(a: ContainerPort, b: ContainerPort): string | undefined {
  const [ip, otherIP] = [a.hostIP ?? "", b.hostIP ?? ""];
  const [port, otherPort] = [a.hostPort ?? 0, b.hostPort ?? 0];
  if (ip === otherIP && port === otherPort) return "duplicate";
  if (port === 0 || otherPort === 0) return "overlapping";
  return port === otherPort && (ip === "") !== (otherIP === "") ? "dangerously ambiguous" : undefined;
}

function portNameWarnings(containers: readonly (readonly [Container, Path])[]): string[] {
  const known = new Map<string, Path>();
  return containers.flatMap(([{ ports = [] }, path]) =>
    ports.flatMap(({ name }, index) => {
      if (!name) return [];
      const at = path.child("ports").index(index);
      const other = known.get(name);
      if (!other) known.set(name, at);
      return other
        ? [
          `${at}: duplicate port name "${name}" with ${other}, services and probes that select ports by name will use ${other}`,
        ]
        : [];
    })
  );
}
