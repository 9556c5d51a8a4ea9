import { createHash } from "node:crypto";
import type { Datastore } from "../../datastore/contract.ts";
import { SnapshotError } from "./error.ts";

export interface Migrated {
  readonly revision: number;
  readonly keys: number;
  /** Of the snapshot, hexadecimal: the same for both stores. */
  readonly sha256: string;
  /** Whether the numbers of changes of some keys differ, which etcd cannot be given for every history. */
  readonly versionsDiffer: boolean;
}

/** Checksums of a snapshot's lines: of all that they say, and of all but the keys' versions. */
class Fingerprint {
  readonly #whole = createHash("sha256");
  readonly #unversioned = createHash("sha256");
  readonly #decoder = new TextDecoder();
  #rest = "";

  add(chunk: Uint8Array): void {
    this.#whole.update(chunk);
    const lines = (this.#rest + this.#decoder.decode(chunk, { stream: true })).split("\n");
    this.#rest = lines.pop()!;
    for (const line of lines) this.#unversioned.update(line.replace(/,"version":\d+}$/, "}\n"));
  }

  result(): { readonly whole: string; readonly unversioned: string } {
    return { whole: this.#whole.digest("hex"), unversioned: this.#unversioned.digest("hex") };
  }
}

/** Copies everything to an empty store, with revisions, creation revisions and versions, and compares what came. Nobody may write meanwhile. */
export async function migrate(from: Datastore, to: Datastore): Promise<Migrated> {
  const sent = new Fingerprint();
  const counted = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      sent.add(chunk);
      controller.enqueue(chunk);
    },
  });
  const { revision, keys } = await to.restore(from.snapshot().pipeThrough(counted));
  const received = new Fingerprint();
  for await (const chunk of to.snapshot()) received.add(chunk);
  const [expected, actual] = [sent.result(), received.result()];
  if (expected.unversioned !== actual.unversioned) {
    throw new SnapshotError(
      "corrupt",
      `what arrived differs from what was sent (SHA-256 ${actual.whole}, expected ${expected.whole}): use another new datastore, and try again`,
    );
  }
  return { revision, keys, sha256: expected.whole, versionsDiffer: expected.whole !== actual.whole };
}
