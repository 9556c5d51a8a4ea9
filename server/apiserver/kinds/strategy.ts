import type { FieldError } from "../../../api/meta/field.ts";
import type { Path } from "../../../api/patch/apply/path_element.ts";
import type { KubeObject } from "../../../api/resource.ts";

/**
 * What is peculiar to one kind: the code beside the table of facts. Every hook is optional; what is left out behaves as most kinds do.
 * Objects passed as `object` belong to the request and are changed in place, `old` ones are frozen. Zero values of Go that mean nothing
 * (`""`, `0`, `false`, empty lists) are gone from them, so that a default is a plain `??=`.
 */
export interface Strategy<T extends KubeObject = KubeObject> {
  /** What is wrong with a name; a DNS subdomain when absent. */
  checkName?(name: string): string[];
  /** This version asks of metadata what most kinds do, whatever the stored one asks. */
  readonly checksMetadata?: boolean;
  /** Loads what of the program few objects of the kind need to be validated; runs before that. */
  load?(object: Readonly<T>): Promise<void> | undefined;
  /** Fills in what the client left out. Runs before admission, on create and on update. */
  defaults?(object: T): void;
  /** The same for times, which are now; `now` in milliseconds. */
  defaultTimes?(object: T, now: number): void;
  /** Works out what follows from a submitted object and the one it replaces, after admission; what is found wrong here is told alone. */
  settle?(object: T, old?: Readonly<T>): FieldError[];
  /** Sets what the client may not choose. Runs after admission. */
  prepareForCreate?(object: T, context: PreparationContext): void;
  /** Works out what follows from an object that was found valid; `old` is absent for a new one. */
  complete?(object: T, old?: Readonly<T>): void;
  prepareForUpdate?(object: T, old: Readonly<T>): void;
  /** Runs on create and on update; `old`, absent for a new object, is for values that were valid once and may stay. */
  validate?(object: T, old?: Readonly<T>): FieldError[];
  /** What a new object may not be, besides `validate`. */
  validateCreate?(object: T): FieldError[];
  /** What an update may not change, besides `validate`. */
  validateUpdate?(object: T, old: Readonly<T>): FieldError[];
  /** Fills in what a client left out of a status, when it was taken over. */
  defaultStatus?(object: T): void;
  /** For the `status` subresource: after the status was taken over and admitted. */
  prepareForStatusUpdate?(object: T, old: Readonly<T>, now: number): void;
  /** What is wrong with a status, and with its difference from the old one. */
  validateStatusUpdate?(object: T, old: Readonly<T>): FieldError[];
  /** Things a client should hear of, though they are allowed. `old` is absent for a new object. */
  warnings?(object: T, old?: Readonly<T>): string[];
  /** The same of a status. */
  statusWarnings?(object: T, old: Readonly<T>): string[];
  /** Fields that a field selector may name, besides `metadata.name` and `metadata.namespace`. */
  readonly fields?: Readonly<Record<string, FieldReader<T>>>;
  /** One of `fields`, by which watchers are found without asking each: for a field that many watch one value of each. */
  readonly indexedField?: string;
  /** Top-level fields, or `annotations`, whose change raises `metadata.generation`; the kind has no generation when absent. */
  readonly generationFields?: readonly string[];
  /** The status that a client sends with a creation counts. */
  readonly keepsStatusOnCreate?: boolean;
  /** Fields that writes to the object, or to its status, do not set, so that they are nobody's by them; the status is never the object's. */
  readonly resets?: Readonly<Partial<Record<"object" | "status", readonly Path[]>>>;
  /** An update of an object that is not there creates it. */
  readonly createsOnUpdate?: boolean;
  /** An update must say which resourceVersion it is of. */
  readonly requiresResourceVersion?: boolean;
  /** What becomes of dependents when the client does not say. */
  readonly dependents?: "background" | "orphan";
  /** What a client hears that does not say what is to become of dependents. */
  readonly dependentsWarning?: string;
  /** Seconds that the object lives on, marked; 0 ends it at once. Absent: 0. */
  gracePeriodSeconds?(object: Readonly<T>, requested: number | undefined): number;
  /** Runs when the object is marked for deletion. */
  prepareForDeletion?(object: T): void;
  /** Something besides `metadata.finalizers` that a marked object must lose before it goes. */
  holdsBack?(object: Readonly<T>): boolean;
}

export interface PreparationContext {
  /** In milliseconds. */
  readonly now: number;
  /** Tells the client of what was changed. */
  warn(message: string): void;
}

/** Written as a method so that the strategy of a kind is a strategy: it is only ever asked about its own kind. */
type FieldReader<T> = { read(object: T): string }["read"];
