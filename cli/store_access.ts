import { installHttp2Guard } from "../client/http2_guard.ts";
import { type Datastore, DatastoreError } from "../datastore/contract.ts";
import { openDatastore, type OpenDatastoreOptions } from "../datastore/open.ts";
import { SNAPSHOT_PATH } from "../server/snapshots/maintenance_routes.ts";
import { UserError } from "./error.ts";
import { askServer } from "./running_server.ts";
import { storeFile } from "./store_flags.ts";

/** Opens a datastore that is there; a file that is not would be made. */
export async function openExisting(options: OpenDatastoreOptions): Promise<Datastore> {
  const file = storeFile(options);
  if (file !== undefined && !await isFile(file)) {
    throw new UserError(`there is no datastore ${file}: is the data directory the right one?`);
  }
  return await open(options);
}

export async function open(options: OpenDatastoreOptions): Promise<Datastore> {
  installHttp2Guard();
  return await openDatastore(options);
}

export async function isFile(path: string): Promise<boolean> {
  return await Deno.stat(path).then((found) => found.isFile, () => false);
}

/** Hands over a way to take a snapshot: of the datastore itself or, when a server has it open, by that server. */
export async function withSnapshots<T>(
  options: OpenDatastoreOptions,
  use: (take: () => ReadableStream<Uint8Array>) => Promise<T>,
): Promise<T> {
  let store: Datastore;
  try {
    store = await openExisting(options);
  } catch (error) {
    if (!(error instanceof DatastoreError) || error.reason !== "locked") throw error;
    return await use(() => linesAsStream(askServer(options.dataDir, { path: SNAPSHOT_PATH })));
  }
  try {
    return await use(() => store.snapshot());
  } finally {
    await store.close();
  }
}

function linesAsStream(lines: AsyncGenerator<string>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await lines.next();
      if (done) controller.close();
      else controller.enqueue(encoder.encode(`${value}\n`));
    },
    async cancel() {
      await lines.return(undefined);
    },
  });
}
