import type { Container } from "../../../../api/types/core_v1.ts";
import {
  type CheckPod,
  containersOf,
  joinQuoted,
  named,
  namesOf,
  plural,
  type PodFacts,
  setters,
  sorted,
  type Violation,
} from "./check.ts";

const podAnnotation = "seccomp.security.alpha.kubernetes.io/pod";
const containerAnnotation = "container.seccomp.security.alpha.kubernetes.io/";
const reason = "seccompProfile";

/** How profiles were chosen before 1.19. */
export const seccompAnnotations: CheckPod = (pod) => {
  const annotations = pod.metadata.annotations ?? {};
  const isBad = (value: string) =>
    value !== "runtime/default" && value !== "docker/default" && !value.startsWith("localhost/");
  const keys = [podAnnotation, ...namesOf(containersOf(pod)).map((name) => containerAnnotation + name)];
  const bad = sorted(
    keys.filter((key) => Object.hasOwn(annotations, key) && isBad(annotations[key]!))
      .map((key) => `${key}=${JSON.stringify(annotations[key])}`),
  );
  if (bad.length === 0) return undefined;
  return { reason, detail: `forbidden ${plural("annotation", bad)} ${bad.join(", ")}` };
};

const isAllowed = (type: string) => type === "RuntimeDefault" || type === "Localhost";

/** No container turns the filter off. */
export const seccompValues: CheckPod = (pod) => explicitly(pod);

/** Besides, each container has one: its own, or the Pod's. */
export const seccompRequired: CheckPod = (pod) => {
  const violation = explicitly(pod);
  if (violation !== undefined || pod.spec.securityContext?.seccompProfile) return violation;
  const without = namesOf(containersOf(pod).filter(({ securityContext }) => !securityContext?.seccompProfile));
  if (without.length === 0) return undefined;
  const who = named("container", without);
  const wanted = 'must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"';
  return { reason, detail: `pod or ${who} ${wanted}` };
};

function explicitly(pod: PodFacts): Violation | undefined {
  const own = pod.spec.securityContext?.seccompProfile?.type;
  const ownIsBad = own !== undefined && !isAllowed(own);
  const typeOf = ({ securityContext }: Container) => securityContext?.seccompProfile?.type;
  const bad = containersOf(pod).filter((container) => {
    const type = typeOf(container);
    return type !== undefined && !isAllowed(type);
  });
  if (!ownIsBad && bad.length === 0) return undefined;
  const values = joinQuoted(sorted([...(ownIsBad ? [own] : []), ...bad.map((container) => typeOf(container)!)]));
  const who = setters(ownIsBad, namesOf(bad));
  return { reason, detail: `${who} must not set securityContext.seccompProfile.type to ${values}` };
}
