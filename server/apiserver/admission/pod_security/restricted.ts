import type { Container, Volume } from "../../../../api/types/core_v1.ts";
import { procMount, unlessInUserNamespace } from "./baseline.ts";
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
import { seccompRequired } from "./seccomp.ts";

const privilegeEscalation: CheckPod = (pod) => {
  const bad = containersOf(pod).filter(({ securityContext }) => securityContext?.allowPrivilegeEscalation !== false);
  if (bad.length === 0) return undefined;
  return {
    reason: "allowPrivilegeEscalation != false",
    detail: `${named("container", namesOf(bad))} must set securityContext.allowPrivilegeEscalation=false`,
  };
};

const capabilities: CheckPod = (pod) => {
  const of = ({ securityContext }: Container) => securityContext?.capabilities;
  const addedBy = (container: Container) => (of(container)?.add ?? []).filter((name) => name !== "NET_BIND_SERVICE");
  const keeping = containersOf(pod).filter((container) => !of(container)?.drop?.includes("ALL"));
  const adding = containersOf(pod).filter((container) => addedBy(container).length > 0);
  const details: string[] = [];
  if (keeping.length > 0) {
    details.push(`${named("container", namesOf(keeping))} must set securityContext.capabilities.drop=["ALL"]`);
  }
  if (adding.length > 0) {
    const added = joinQuoted(sorted(adding.flatMap(addedBy)));
    details.push(
      `${named("container", namesOf(adding))} must not include ${added} in securityContext.capabilities.add`,
    );
  }
  return details.length === 0 ? undefined : { reason: "unrestricted capabilities", detail: details.join("; ") };
};

const volumeTypes: ReadonlySet<string> = new Set([
  "configMap",
  "csi",
  "downwardAPI",
  "emptyDir",
  "ephemeral",
  "image",
  "persistentVolumeClaim",
  "projected",
  "secret",
]);

const volumes: CheckPod = ({ spec }) => {
  const typeOf = (volume: Volume) => Object.keys(volume).find((field) => field !== "name") ?? "unknown";
  const bad = (spec.volumes ?? []).filter((volume) => !volumeTypes.has(typeOf(volume)));
  if (bad.length === 0) return undefined;
  const types = sorted(bad.map(typeOf));
  const who = `${named("volume", bad.map(({ name }) => name))} ${bad.length === 1 ? "uses" : "use"}`;
  return {
    reason: "restricted volume types",
    detail: `${who} ${plural("restricted volume type", types)} ${joinQuoted(types)}`,
  };
};

const runAsNonRoot: CheckPod = (pod) => {
  const reason = "runAsNonRoot != true";
  const own = pod.spec.securityContext?.runAsNonRoot;
  const of = ({ securityContext }: Container) => securityContext?.runAsNonRoot;
  const explicit = containersOf(pod).filter((container) => of(container) === false);
  if (own === false || explicit.length > 0) {
    const who = setters(own === false, namesOf(explicit));
    return { reason, detail: `${who} must not set securityContext.runAsNonRoot=false` };
  }
  const implicit = own ? [] : namesOf(containersOf(pod).filter((container) => of(container) === undefined));
  if (implicit.length === 0) return undefined;
  const who = `pod or ${named("container", implicit)}`;
  return { reason, detail: `${who} must set securityContext.runAsNonRoot=true` };
};

const runAsUser: CheckPod = (pod) => {
  const own = pod.spec.securityContext?.runAsUser === 0;
  const bad = containersOf(pod).filter(({ securityContext }) => securityContext?.runAsUser === 0);
  if (!own && bad.length === 0) return undefined;
  return { reason: "runAsUser=0", detail: `${setters(own, namesOf(bad))} must not set runAsUser=0` };
};

/** Windows has none of these, and Pods for it are refused when they set them. */
function unlessForWindows(check: CheckPod): CheckPod {
  return (pod) => pod.spec.os?.name === "windows" ? undefined : check(pod);
}

export const restrictedChecks: readonly Check[] = [
  {
    id: "allowPrivilegeEscalation",
    versions: [{ since: 8, check: privilegeEscalation }, { since: 25, check: unlessForWindows(privilegeEscalation) }],
  },
  {
    id: "capabilities_restricted",
    versions: [{ since: 22, check: capabilities }, { since: 25, check: unlessForWindows(capabilities) }],
    overrides: "capabilities_baseline",
  },
  { id: "procMount_restricted", versions: [{ since: 35, check: procMount }], overrides: "procMount" },
  { id: "restrictedVolumes", versions: [{ since: 0, check: volumes }], overrides: "hostPathVolumes" },
  {
    id: "runAsNonRoot",
    versions: [{ since: 0, check: runAsNonRoot }, { since: 35, check: unlessInUserNamespace(runAsNonRoot) }],
  },
  {
    id: "runAsUser",
    versions: [{ since: 23, check: runAsUser }, { since: 35, check: unlessInUserNamespace(runAsUser) }],
  },
  {
    id: "seccompProfile_restricted",
    versions: [{ since: 19, check: seccompRequired }, { since: 25, check: unlessForWindows(seccompRequired) }],
    overrides: "seccompProfile_baseline",
  },
];
