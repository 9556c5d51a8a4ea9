import { conflict, type StatusError } from "../../../api/status.ts";
import type { StoredEntry } from "../cache/stored_entry.ts";
import { keyIn, registryPrefix } from "../cache/layout.ts";
import type { DeleteOptions } from "../contract.ts";
import type { Shelf } from "./system.ts";

type Preconditions = DeleteOptions["preconditions"];

/** 409 for an object that is not the one that is to be deleted. */
export function requireDeletable(shelf: Shelf, current: StoredEntry, preconditions: Preconditions): void {
  const { row } = shelf;
  const { uid, resourceVersion } = missed(current, preconditions);
  if (uid === undefined && resourceVersion === undefined) return;
  // Namespaces are deleted by rules of their own.
  if (row.resource === "namespaces" && row.group === "") {
    throw conflict(row, current.name, sayMissed(uid, resourceVersion));
  }
  const [what, [demanded, actual], detail] = uid !== undefined
    ? ["UID", uid, "been deleted and then recreated"] as const
    : ["ResourceVersion", resourceVersion!, "been modified"] as const;
  throw conflict(
    { group: row.group, resource: row.kind },
    current.name,
    `the ${what} in the precondition (${demanded}) does not match the ${what} in record (${actual}). The object might have ${detail}`,
  );
}

/** 409 for an object that is not the one that is to be changed. */
export function requirePreconditions(shelf: Shelf, current: StoredEntry, preconditions: Preconditions): void {
  const { uid, resourceVersion } = missed(current, preconditions);
  if (uid === undefined && resourceVersion === undefined) return;
  throw preconditionFailed(shelf, current.namespace, current.name, sayMissed(uid, resourceVersion));
}

/** In the words of upstream's store, which names the key. */
export function preconditionFailed(shelf: Shelf, namespace: string, name: string, detail: string): StatusError {
  const key = keyIn(shelf.storage, namespace, name).slice(registryPrefix.length - 1);
  return conflict(
    shelf.row,
    name,
    `StorageError: invalid object, Code: 4, Key: ${key}, ResourceVersion: 0, AdditionalErrorMsg: ${detail}`,
  );
}

export function uidMismatch(demanded: string, actual: string): string {
  return `Precondition failed: UID in precondition: ${demanded}, UID in object meta: ${actual}`;
}

type Pair = readonly [demanded: string, actual: string];

interface Missed {
  readonly uid?: Pair;
  readonly resourceVersion?: Pair;
}

function missed({ object, revision }: StoredEntry, preconditions: Preconditions = {}): Missed {
  const { uid, resourceVersion } = preconditions;
  const actual = object.metadata.uid ?? "";
  return {
    ...(uid !== undefined && uid !== actual && { uid: [uid, actual] }),
    ...(resourceVersion !== undefined && resourceVersion !== String(revision) &&
      { resourceVersion: [resourceVersion, String(revision)] }),
  };
}

function sayMissed(uid: Pair | undefined, resourceVersion: Pair | undefined): string {
  if (uid !== undefined) return uidMismatch(...uid);
  const [demanded, actual] = resourceVersion!;
  return `Precondition failed: ResourceVersion in precondition: ${demanded}, ResourceVersion in object meta: ${actual}`;
}
