import type { KubeObject } from "../../api/resource.ts";
import type { ScopedResourceSelectorRequirement } from "../../api/types/core_v1.ts";
import type { Amounts } from "./amounts.ts";

/** How the objects of one resource count against quotas. Pure. */
export interface Evaluator {
  /** `group/resource`. */
  readonly resource: string;
  /** Whether a write of this kind can use more than before. */
  charges(write: Write): boolean;
  /** Whether a limit of this name is one on these objects. */
  limits(name: string): boolean;
  /** What the object uses; `now` in milliseconds. */
  usage(object: KubeObject, now: number): Amounts;
  /** Whether the object is in a quota's scope; a resource without scopes is in none. */
  inScope(scope: ScopedResourceSelectorRequirement, object: KubeObject): boolean;
  /** What an object must state when `names` are limited and does not, as a sentence; undefined when it states all. */
  missing?(names: readonly string[], object: KubeObject): string | undefined;
  /** Whether what an object uses may change without a write that is charged. */
  readonly varies?: boolean;
}

export interface Write {
  readonly operation: "CREATE" | "UPDATE" | "DELETE";
  readonly subresource: string;
  readonly object?: KubeObject;
  readonly old?: KubeObject;
}
