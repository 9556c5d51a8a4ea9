import type { Container, LimitRange, Pod } from "../../../api/types/core_v1.ts";

const annotation = "kubernetes.io/limit-ranger";

type Texts = Readonly<Record<string, string>>;

/** What a container is given that does not say it itself, by resource name. */
export interface Defaults {
  readonly requests: Texts;
  readonly limits: Texts;
}

/** Undefined when the LimitRange suggests nothing. */
export function defaultsOf({ spec }: LimitRange): Defaults | undefined {
  const items = (spec.limits ?? []).filter(({ type }) => type === "Container");
  const requests = Object.assign({}, ...items.map(({ defaultRequest }) => defaultRequest));
  const limits = Object.assign({}, ...items.map((item) => item.default));
  return Object.keys(requests).length + Object.keys(limits).length === 0 ? undefined : { requests, limits };
}

/** Notes in an annotation of the Pod what it was given. Containers may be frozen: they are replaced, not changed. */
export function applyDefaults({ metadata, spec }: Pod, defaults: Defaults): void {
  const notes: string[] = [];
  spec.containers = spec.containers.map((container) => filled(container, "container", defaults, notes));
  if (spec.initContainers) {
    spec.initContainers = spec.initContainers.map((container) => filled(container, "init container", defaults, notes));
  }
  if (notes.length === 0) return;
  metadata.annotations = { ...metadata.annotations, [annotation]: `LimitRanger plugin set: ${notes.join("; ")}` };
}

function filled(container: Container, kind: string, defaults: Defaults, notes: string[]): Container {
  let { resources } = container;
  for (const part of ["requests", "limits"] as const) {
    const own = resources?.[part] ?? {};
    const missing = Object.keys(defaults[part]).filter((name) => !Object.hasOwn(own, name)).sort();
    if (missing.length === 0) continue;
    const added = Object.fromEntries(missing.map((name) => [name, defaults[part][name]!]));
    resources = { ...resources, [part]: { ...own, ...added } };
    notes.push(`${missing.join(", ")} ${part.slice(0, -1)} for ${kind} ${container.name}`);
  }
  return resources === container.resources ? container : { ...container, resources: resources! };
}
