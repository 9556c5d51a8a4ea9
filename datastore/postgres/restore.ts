import { type CallOptions, DatastoreError, type KeyValue, MAX_OPERATIONS } from "../contract.ts";
import { notEmptyError } from "../mvcc/check.ts";
import { firstId, lastId } from "../mvcc/row_id.ts";
import { decodeSnapshot, type SnapshotHeader } from "../mvcc/snapshot_format.ts";
import { type Address, Connection } from "./connection.ts";
import { datastoreError } from "./errors.ts";

/** Fills an empty store in one transaction, which keeps all writers out until it ends. */
export async function restoreInto(
  { address, channel }: { address: Address; channel: string },
  snapshot: ReadableStream<Uint8Array>,
  { signal }: CallOptions,
): Promise<SnapshotHeader> {
  let connection: Connection | undefined;
  try {
    connection = await Connection.open(address, { lost: () => {} });
    // Between two of the snapshot's pieces any time may pass.
    await connection.command("set idle_in_transaction_session_timeout = 0");
    await connection.command("begin");
    const [[revision] = []] = await connection.run("lock");
    if ((revision as number) > 1) throw notEmptyError(revision as number);
    const header = await fill(connection, snapshot, signal);
    await connection.run("setRevision", header.revision);
    await connection.run("setRestored", header.revision, header.revision, lastId(header.revision));
    await connection.run("notify", channel, `${header.revision}`);
    await connection.command("commit");
    return header;
  } catch (error) {
    // Aborted by the caller, or with a reason of ours: what the connection did ends with it.
    throw signal?.aborted ? error : datastoreError(error);
  } finally {
    await connection?.close();
  }
}

async function fill(
  connection: Connection,
  snapshot: ReadableStream<Uint8Array>,
  signal: AbortSignal | undefined,
): Promise<SnapshotHeader> {
  let header: SnapshotHeader | undefined;
  const used = new Map<number, number>();
  for await (const part of decodeSnapshot(snapshot)) {
    signal?.throwIfAborted();
    if ("revision" in part) header = part;
    else await add(connection, part, used);
  }
  return header!;
}

/** `used` counts the rows of each revision. */
async function add(connection: Connection, items: readonly KeyValue[], used: Map<number, number>): Promise<void> {
  const ids = items.map(({ key, modRevision }) => {
    const index = used.get(modRevision) ?? 0;
    if (index === MAX_OPERATIONS) {
      const message = `the snapshot has over ${MAX_OPERATIONS} keys of revision ${modRevision} (the last is ${key})`;
      throw new DatastoreError("corrupt", message);
    }
    used.set(modRevision, index + 1);
    return firstId(modRevision) + index;
  });
  const zeros = items.map(() => 0);
  await connection.run(
    "restore",
    ids,
    items.map(({ key }) => key),
    zeros,
    items.map(({ createRevision }) => createRevision),
    zeros,
    items.map(({ version }) => version),
    items.map(({ value }) => value),
  );
}
