import { deepEqual } from "../../../api/meta/deep_equal.ts";
import { type Path, root } from "../../../api/meta/field.ts";
import { checkDns1123Label, checkLabelValue } from "../../../api/meta/names.ts";
import type {
  Affinity,
  Container,
  ContainerPort,
  NodeSelectorTerm,
  Pod,
  PodAffinity,
  PodAntiAffinity,
  PodSpec,
  PodTemplateSpec,
  Volume,
} from "../../../api/types/core_v1.ts";
import type { LabelSelector, ObjectMeta } from "../../../api/types/meta_v1.ts";
import { addressWarnings } from "./address_warnings.ts";
import { own } from "./checks.ts";
import { claimSpecWarnings, fractionWarning } from "./claim_warnings.ts";
import { deprecatedNodeLabel, warnOfNodeTerm } from "./deprecated_node_labels.ts";
import { appArmorPrefix, seccompPod, seccompPrefix } from "./pod_annotations.ts";
import { profileOf } from "./pod_apparmor.ts";
import { containersOf } from "./pod_containers.ts";
import { overlapWarnings } from "./volume_paths.ts";

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

/** Annotations that have been given up for fields. */
const oldAnnotations: Readonly<Record<string, string>> = {
  "scheduler.alpha.kubernetes.io/critical-pod": 'non-functional in v1.16+; use the "priorityClassName" field instead',
  "security.alpha.kubernetes.io/sysctls": 'non-functional in v1.11+; use the "sysctls" field instead',
  "security.alpha.kubernetes.io/unsafe-sysctls": 'non-functional in v1.11+; use the "sysctls" field instead',
};

/** What a new Pod may say, and should not. Nobody is told of it again when the Pod changes. */
export function podWarnings({ metadata, spec }: Pod, old?: Readonly<Pod>): string[] {
  if (old) return [];
  const problems = checkDns1123Label(metadata.name ?? "");
  return [
    ...problems.length === 0 ? [] : [
      "metadata.name: this is used in the Pod's hostname, which can result in surprising behavior; " +
      `a DNS label is recommended: [${problems.join(" ")}]`,
    ],
    ...allWarnings(metadata, spec, root("")),
  ];
}

/** The same of the Pods that there will be. */
export function podTemplateWarnings(
  { metadata = {}, spec = { containers: [] } }: PodTemplateSpec,
  path: Path,
): string[] {
  const { annotations = {} } = metadata;
  const profile = spec.securityContext?.appArmorProfile;
  const said = containersOf(spec, path).flatMap(([{ name, securityContext }]) => {
    const annotation = own(annotations, `${appArmorPrefix}${name}`);
    if (annotation === undefined || securityContext?.appArmorProfile) return [];
    if (profile && deepEqual(profile, profileOf(annotation))) return [];
    const at = path.child("metadata", "annotations").key(`${appArmorPrefix}${name}`);
    return [`${at}: deprecated since v1.30; use the "appArmorProfile" field instead`];
  });
  return [...allWarnings(metadata, spec, path), ...said];
}

function allWarnings(metadata: ObjectMeta, spec: PodSpec, whole: Path): string[] {
  const path = whole.child("spec");
  const containers = containersOf(spec, path);
  return [
    ...nodeLabelWarnings(spec, path),
    ...annotationWarnings(metadata.annotations, spec, containers, whole.child("metadata", "annotations")),
    ...(spec.volumes ?? []).flatMap((volume, index) => volumeWarnings(volume, path.child("volumes").index(index))),
    ...(spec.volumes ?? []).flatMap(overlapWarnings),
    ...duplicates(spec.hostAliases, path.child("hostAliases"), "ip"),
    ...duplicates(spec.imagePullSecrets, path.child("imagePullSecrets"), "name"),
    ...(spec.imagePullSecrets ?? []).flatMap(({ name }, index) =>
      name ? [] : [`${path.child("imagePullSecrets").index(index).child("name")}: invalid empty name ""`]
    ),
    ...fractionWarnings(spec.overhead, path.child("overhead")),
    ...containers.flatMap(([container, at]) => [
      ...fractionWarnings(container.resources?.limits, at.child("resources", "limits")),
      ...fractionWarnings(container.resources?.requests, at.child("resources", "requests")),
      ...hiddenVariables(container, at.child("env")),
    ]),
    ...portWarnings(containers),
    ...portNameWarnings(containers),
    ...((spec.terminationGracePeriodSeconds ?? 0) < 0
      ? [
        `${
          path.child("terminationGracePeriodSeconds")
        }: must be >= 0; negative values are invalid and will be treated as 1`,
      ]
      : []),
    ...affinityWarnings(spec.affinity, path.child("affinity")),
    ...(spec.dnsConfig?.nameservers ?? []).flatMap((ip, index) =>
      addressWarnings(path.child("dnsConfig", "nameservers").index(index), ip)
    ),
    ...(spec.hostAliases ?? []).flatMap(({ ip = "" }, index) =>
      addressWarnings(path.child("hostAliases").index(index).child("ip"), ip)
    ),
  ];
}

function nodeLabelWarnings({ nodeSelector = {}, affinity, topologySpreadConstraints = [] }: PodSpec, path: Path) {
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  const preferred = affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  const at = path.child("affinity", "nodeAffinity");
  return [
    ...Object.keys(nodeSelector).flatMap((label) => {
      const message = deprecatedNodeLabel(label);
      return message ? [`${path.child("nodeSelector").key(label)}: ${message}`] : [];
    }),
    ...required.flatMap((term, index) =>
      warnOfNodeTerm(term, at.child("requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms").index(index))
    ),
    ...preferred.flatMap(({ preference = {} }, index) => {
      const term = at.child("preferredDuringSchedulingIgnoredDuringExecution").index(index).child("preference");
      return [...warnOfNodeTerm(preference, term), ...valueWarnings(preference, term)];
    }),
    ...topologySpreadConstraints.flatMap(({ topologyKey = "", labelSelector }, index) => {
      const message = deprecatedNodeLabel(topologyKey);
      const place = path.child("topologySpreadConstraints").index(index);
      return [
        ...message ? [`${place.child("topologyKey")}: ${topologyKey} is ${message}`] : [],
        ...noSelector(labelSelector, place),
      ];
    }),
  ];
}

/** What no label can be equal to is no fault of a preference, and yet in vain. */
function valueWarnings({ matchExpressions = [] }: NodeSelectorTerm, path: Path): string[] {
  return matchExpressions.flatMap(({ values = [] }, index) =>
    values.flatMap((value, i) =>
      checkLabelValue(value).map((problem) =>
        `${path.child("matchExpressions").index(index).child("values").index(i)}: ${value} is invalid, ${problem}`
      )
    )
  );
}

function affinityWarnings({ podAffinity, podAntiAffinity }: Affinity = {}, path: Path): string[] {
  const ofTerms = (terms: PodAffinity | PodAntiAffinity | undefined, at: Path) => [
    ...(terms?.requiredDuringSchedulingIgnoredDuringExecution ?? []).flatMap(({ labelSelector }, index) =>
      noSelector(labelSelector, at.child("requiredDuringSchedulingIgnoredDuringExecution").index(index))
    ),
    ...(terms?.preferredDuringSchedulingIgnoredDuringExecution ?? []).flatMap(({ podAffinityTerm: term }, index) => {
      const place = at.child("preferredDuringSchedulingIgnoredDuringExecution").index(index);
      return noSelector(term?.labelSelector, place.child("podAffinityTerm"));
    }),
  ];
  return [
    ...ofTerms(podAffinity, path.child("podAffinity")),
    ...ofTerms(podAntiAffinity, path.child("podAntiAffinity")),
  ];
}

function noSelector(selector: LabelSelector | undefined, path: Path): string[] {
  return selector ? [] : [`${path.child("labelSelector")}: a null labelSelector results in matching no pod`];
}

function annotationWarnings(
  annotations: Readonly<Record<string, string>> = {},
  { securityContext }: PodSpec,
  containers: readonly (readonly [Container, Path])[],
  path: Path,
): string[] {
  const seccomp = 'non-functional in v1.27+; use the "seccompProfile" field instead';
  return [
    ...Object.entries(oldAnnotations).flatMap(([key, said]) =>
      Object.hasOwn(annotations, key) ? [`${path.key(key)}: ${said}`] : []
    ),
    ...(Object.hasOwn(annotations, seccompPod) && !securityContext?.seccompProfile
      ? [`${path.key(seccompPod)}: ${seccomp}`]
      : []),
    ...containers.flatMap(([{ name, securityContext }]) => {
      const key = `${seccompPrefix}${name}`;
      return Object.hasOwn(annotations, key) && !securityContext?.seccompProfile
        ? [`${path.key(key)}: ${seccomp}`]
        : [];
    }),
  ];
}

function volumeWarnings(volume: Volume, path: Path): string[] {
  const warnings = Object.entries(oldVolumes).flatMap(([name, said]) =>
    Object.hasOwn(volume, name) ? [`${path.child(name === "storageos" ? "storageOS" : name)}: ${said}`] : []
  );
  const template = volume.ephemeral?.volumeClaimTemplate;
  if (template) {
    warnings.push(...claimSpecWarnings(template.spec, path.child("ephemeral", "volumeClaimTemplate", "spec")));
  }
  return warnings;
}

/** Bytes are counted whole. */
function fractionWarnings(resources: Readonly<Record<string, string>> = {}, path: Path): string[] {
  return ["memory", "ephemeral-storage"].flatMap((name) => fractionWarning(own(resources, name), path.key(name)));
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
