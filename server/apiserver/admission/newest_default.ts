import { parseTime } from "../../../api/meta/time.ts";
import type { KubeObject } from "../../../api/resource.ts";

/** Of the objects that one of the annotations calls the default, the newest; of several made in the same second, the first by name. */
export function newestDefault<T extends KubeObject>(
  objects: Iterable<T>,
  annotations: readonly string[],
): T | undefined {
  let found: T | undefined;
  for (const object of objects) {
    const isDefault = annotations.some((annotation) => object.metadata.annotations?.[annotation] === "true");
    if (isDefault && (found === undefined || madeAt(object) > madeAt(found))) found = object;
  }
  return found;
}

function madeAt({ metadata }: KubeObject): number {
  return metadata.creationTimestamp ? parseTime(metadata.creationTimestamp) : 0;
}
