import { Buffer } from "node:buffer";
import { DatastoreError, type KeyRange, MAX_OPERATIONS, MAX_VALUE_BYTES, type Operation } from "../contract.ts";

export const EVERY_KEY: KeyRange = { start: "", end: "\u{10ffff}" };

/** Longer than any key that Kubernetes' limits on names allow (253 + 63 + a group and a resource). */
const MAX_KEY_LENGTH = 4096;

function invalid(message: string): DatastoreError {
  return new DatastoreError("invalidArgument", message);
}

function shown(text: string): string {
  return JSON.stringify(text.length > 80 ? text.slice(0, 80) + "…" : text);
}

function checkText(text: string, what: string): void {
  if (!text.isWellFormed()) throw invalid(`${what} holds half of a surrogate pair, which UTF-8 cannot express`);
  // SQLite's text functions end a value at its first NUL, and so would a reader.
  if (text.includes("\0")) throw invalid(`${what} holds a NUL character, which the datastore cannot keep`);
}

/** Whether `text` is over `limit` bytes in UTF-8, counted only when it may be. */
function longerThan(text: string, limit: number): boolean {
  return text.length * 3 > limit && (text.length > limit || Buffer.byteLength(text) > limit);
}

/** Throws `invalidArgument`, naming the operation, unless `commit` can take them. */
export function checkOperations(operations: readonly Operation[]): void {
  if (operations.length > MAX_OPERATIONS) {
    throw invalid(`a commit of ${operations.length} operations: at most ${MAX_OPERATIONS} are possible, split it`);
  }
  for (const [index, { key, expect, ...rest }] of operations.entries()) {
    const what = `operation ${index} of the commit (key ${shown(key)})`;
    if (key === "") throw invalid(`operation ${index} of the commit has an empty key`);
    if (key.length > MAX_KEY_LENGTH) throw invalid(`${what}: the key is over ${MAX_KEY_LENGTH} characters long`);
    checkText(key, `${what}: the key`);
    if (expect !== undefined && !(Number.isSafeInteger(expect) && expect >= 0)) {
      throw invalid(`${what}: expect is ${expect}, not a revision`);
    }
    if (rest.kind === "put") {
      if (longerThan(rest.value, MAX_VALUE_BYTES)) throw invalid(`${what}: the value is over ${MAX_VALUE_BYTES} bytes`);
      checkText(rest.value, `${what}: the value`);
    }
  }
  if (operations.length > 1) {
    const seen = new Set<string>();
    for (const { key } of operations) {
      if (seen.has(key)) throw invalid(`the commit has two operations on key ${shown(key)}`);
      seen.add(key);
    }
  }
}

export function checkRange(range: KeyRange): void {
  if (!range.start.isWellFormed() || !range.end.isWellFormed()) {
    throw invalid(`the range ${shown(range.start)} to ${shown(range.end)} holds half of a surrogate pair`);
  }
}

export function checkLimit(limit: number | undefined): void {
  if (limit !== undefined && !(Number.isSafeInteger(limit) && limit > 0)) {
    throw invalid(`limit is ${limit}: it must be a whole number above 0, or absent for all`);
  }
}

/** Throws unless something can be read as of `revision` in a store at `newest` that was compacted to `compacted`. */
export function checkReadRevision(revision: number | undefined, newest: number, compacted: number): void {
  if (revision === undefined) return;
  if (!Number.isSafeInteger(revision) || revision < 1) throw invalid(`revision is ${revision}: revisions start at 1`);
  if (revision < compacted) throw compactedError(revision, compacted);
  if (revision > newest) throw futureError(revision, newest);
}

/** Throws unless events after `after` can be had. */
export function checkWatchRevision(after: number, newest: number, compacted: number): void {
  if (!Number.isSafeInteger(after) || after < 0) throw invalid(`after is ${after}, not a revision`);
  if (after < compacted) throw compactedError(after, compacted);
  if (after > newest) throw futureError(after, newest);
}

/** Throws unless the store can be compacted to `revision`. */
export function checkCompaction(revision: number, newest: number): void {
  if (!Number.isSafeInteger(revision) || revision < 0) throw invalid(`revision is ${revision}, not a revision`);
  if (revision > newest) throw futureError(revision, newest);
}

export function compactedError(revision: number, compacted: number): DatastoreError {
  return new DatastoreError(
    "compacted",
    `revision ${revision} was compacted away: the oldest is ${compacted}, list again`,
  );
}

function futureError(revision: number, newest: number): DatastoreError {
  return new DatastoreError("futureRevision", `revision ${revision} has not been reached: the newest is ${newest}`);
}

export function closedError(): DatastoreError {
  return new DatastoreError("closed", "the datastore was closed");
}

export function restoringError(): DatastoreError {
  return new DatastoreError(
    "unavailable",
    "the store is being restored from a snapshot: try again when that has ended",
  );
}

/** Throws unless a restore can begin: whoever watches would not see it happen. */
export function checkUnwatched(watchers: number): void {
  if (watchers > 0) throw invalid(`the store has ${watchers} watchers: restore it before anything watches`);
}

/** What watchers are told when a shared store has lost its newest commits: an old copy of it has taken its place. */
export function wentBackError(from: number, to: number): DatastoreError {
  return new DatastoreError(
    "compacted",
    `the store went back from revision ${from} to ${to} (was it restored, or did a replica that lagged take over?): list again`,
  );
}

export function notEmptyError(revision: number): DatastoreError {
  return new DatastoreError("notEmpty", `the store is at revision ${revision}: a snapshot can only fill a new one`);
}
