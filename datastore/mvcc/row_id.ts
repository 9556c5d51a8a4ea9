/** Rows of one revision share it: `id = revision * OPERATIONS + index of the operation`. Equals the contract's `MAX_OPERATIONS`. */
export const OPERATIONS = 128;

export function firstId(revision: number): number {
  return revision * OPERATIONS;
}

export function lastId(revision: number): number {
  return revision * OPERATIONS + OPERATIONS - 1;
}

export function revisionOf(id: number): number {
  return Math.floor(id / OPERATIONS);
}
