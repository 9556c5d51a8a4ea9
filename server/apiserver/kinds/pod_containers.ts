import type { Path } from "../../../api/meta/field.ts";
import type { Container, EphemeralContainer, PodSpec } from "../../../api/types/core_v1.ts";

/** The containers of all sorts with their paths, in the order in which they start. `path` is the spec's. */
export function containersOf(spec: PodSpec, path: Path): (readonly [Container | EphemeralContainer, Path])[] {
  return (["initContainers", "containers", "ephemeralContainers"] as const).flatMap((list) =>
    (spec[list] ?? []).map((container, index) => [container, path.child(list).index(index)] as const)
  );
}
