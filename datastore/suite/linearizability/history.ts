/** What a client did with one key, seen from outside. */
export type RegisterOperation =
  /** The key was read, and had this value; undefined when it was not there. A compare-and-swap that was refused tells as much. */
  | { readonly kind: "read"; readonly value: string | undefined }
  /** The key got this value whatever it was before; undefined when it was deleted. */
  | { readonly kind: "write"; readonly value: string | undefined }
  /** The key had the value `from`, and got the value `value`. */
  | { readonly kind: "swap"; readonly from: string | undefined; readonly value: string | undefined };

/**
 * One call. The moments are any increasing numbers, of one clock; `returned` is Infinity when the client never learned the outcome: the call then may
 * have happened at any time after `called`, or never.
 */
export interface Call {
  readonly client: number;
  readonly called: number;
  readonly returned: number;
  readonly operation: RegisterOperation;
}

/** `c3 [12, 15] swap a to b`. */
export function shownCall({ client, called, returned, operation }: Call): string {
  const shown = (value: string | undefined) => value === undefined ? "nothing" : JSON.stringify(value);
  const what = {
    read: () => `read ${shown(operation.value)}`,
    write: () => `write ${shown(operation.value)}`,
    swap: () => `swap ${shown((operation as { from?: string }).from)} to ${shown(operation.value)}`,
  }[operation.kind]();
  return `client ${client} [${called}, ${returned}] ${what}`;
}
