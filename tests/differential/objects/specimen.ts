/** A valid object of a kind, with as many of its fields set as go together; its name is given by the runner where it has none. */
export interface Specimen {
  /** `group/resource`, the core group being empty. */
  readonly of: string;
  /** The one that the object is of; absent where it is of each. */
  readonly version?: string;
  /** Without apiVersion, kind and namespace. */
  readonly object: Readonly<Record<string, unknown>>;
  /** What is written to its status. */
  readonly status?: Readonly<Record<string, unknown>>;
  /** What an update may change depends on the status: it is mutated again when that is written. */
  readonly changesWithStatus?: boolean;
}

/** A small Pod template with these labels. */
export function template(labels: Readonly<Record<string, string>>, spec: object = {}): object {
  return { metadata: { labels }, spec: { containers: [{ name: "main", image: "busybox:1.36" }], ...spec } };
}

export const SMALL_POD = { containers: [{ name: "main", image: "busybox:1.36" }] };
