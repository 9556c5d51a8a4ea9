import { createHash } from "node:crypto";
import type { Face } from "./face.ts";

/** A piece of an answer to `Maintenance.Snapshot`. */
export interface SnapshotResponse {
  readonly remainingBytes: number;
  readonly blob: Uint8Array;
}

/** etcd's pages: its clients take a file for complete whose length is a multiple of this and the checksum. */
const PAGE_BYTES = 512;

/**
 * The datastore's snapshot, compressed as `skiff snapshot save` does it, in place of etcd's bbolt file; then, as etcd's clients want it, filled up to a page
 * and followed by the SHA-256 of all that. `skiff snapshot restore` takes the file as it is: what follows the compressed data is not read.
 */
export async function* snapshotBlobs({ datastore }: Face, signal: AbortSignal): AsyncGenerator<SnapshotResponse> {
  const hash = createHash("sha256");
  let bytes = 0;
  // How many bytes are to come is not known before they have come; clients show it at most.
  const response = (blob: Uint8Array): SnapshotResponse => {
    hash.update(blob);
    bytes += blob.length;
    return { remainingBytes: 1, blob };
  };
  const compressed = datastore.snapshot({ signal }).pipeThrough(new CompressionStream("gzip") as GzipStream);
  for await (const chunk of compressed) yield response(chunk);
  if (bytes % PAGE_BYTES > 0) yield response(new Uint8Array(PAGE_BYTES - bytes % PAGE_BYTES));
  yield { remainingBytes: 0, blob: hash.digest() };
}

type GzipStream = ReadableWritablePair<Uint8Array, Uint8Array>;
