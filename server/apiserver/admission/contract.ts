import type { Clock } from "../../../api/clock.ts";
import type { KubeObject, Resource } from "../../../api/resource.ts";
import type { ResourceRow } from "../../../api/schema/contract.ts";
import type { Access } from "../auth/access.ts";
import type { UserInfo } from "../contract.ts";
import type { Lookup } from "../registry/lookup.ts";

/** A write on its way. */
export interface AdmissionRequest {
  readonly operation: "CREATE" | "UPDATE" | "DELETE";
  /** How an update is made. */
  readonly verb?: "update" | "patch";
  readonly row: ResourceRow;
  /** `""` for the object itself. */
  readonly subresource: string;
  /** `""` for cluster-scoped resources. */
  readonly namespace: string;
  /** `""` when the server is to make the name. */
  readonly name: string;
  /** What would be stored, with defaults; mutating plugins change it in place. Absent for deletions. */
  readonly object?: KubeObject;
  /** Frozen. Absent for creations. */
  readonly old?: KubeObject;
  readonly user: UserInfo;
  readonly dryRun: boolean;
  warn(message: string): void;
}

/** What plugins may ask of the server. */
export interface AdmissionContext {
  readonly lookup: Lookup;
  readonly clock: Clock;
  readonly random: () => number;
  /** Who may do what, for writes that give rights to others. */
  readonly access: Access;
  /**
   * Stores new versions of objects, all or none: none, and false, when one of them is no longer at the `metadata.resourceVersion` it has here. Nothing is
   * checked, and the objects belong to the store from then on.
   */
  swap<T extends KubeObject>(resource: Resource<T>, objects: readonly T[]): Promise<boolean>;
}

/** One rule about writes. A refusal is a thrown `StatusError`, usually `forbidden`. */
export interface AdmissionPlugin {
  readonly name: string;
  /** The resources it is asked about, as `group/resource`; all of them when absent. */
  readonly resources?: readonly string[];
  mutate?(request: AdmissionRequest, context: AdmissionContext): void | Promise<void>;
  validate?(request: AdmissionRequest, context: AdmissionContext): void | Promise<void>;
}

/** The plugins of one kind of step, one after the other; the first that throws refuses the request. */
export interface Admission {
  mutate(request: AdmissionRequest): Promise<void> | undefined;
  validate(request: AdmissionRequest): Promise<void> | undefined;
}
