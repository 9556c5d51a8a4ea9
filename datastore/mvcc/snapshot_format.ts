import { DatastoreError, type KeyValue } from "../contract.ts";
import { checkOperations } from "./check.ts";
import { sortKey } from "./key_order.ts";

/** Longer than the longest line: a value of the greatest size with every character escaped. */
const MAX_LINE_BYTES = 32 * 1024 * 1024;
const FORMAT = "skiff-snapshot";
const VERSION = 1;

export interface SnapshotHeader {
  readonly revision: number;
  /** How many lines follow, so that a cut-off file is noticed. */
  readonly keys: number;
}

/** The snapshot as bytes, from what {@linkcode decodeSnapshot} yields: the header, then pages of keys in order. Cancelling the stream ends `parts`. */
export function encodeSnapshot(
  parts: AsyncGenerator<SnapshotHeader | readonly KeyValue[]>,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await parts.next();
      if (done) return controller.close();
      const records = "revision" in value ? [{ format: FORMAT, version: VERSION, ...value }] : value;
      controller.enqueue(encoder.encode(records.map((record) => JSON.stringify(record) + "\n").join("")));
    },
    async cancel() {
      await parts.return(undefined);
    },
  }, { highWaterMark: 0 });
}

function corrupt(line: number, what: string, cause?: unknown): DatastoreError {
  return new DatastoreError("corrupt", `line ${line} of the snapshot ${what}`, { cause });
}

async function* lines(stream: ReadableStream<Uint8Array>): AsyncGenerator<string[]> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let rest = "";
  let count = 0;
  for await (const bytes of stream) {
    let text: string;
    try {
      text = decoder.decode(bytes, { stream: true });
    } catch (error) {
      throw corrupt(count + 1, "or one near it is not UTF-8", error);
    }
    const parts = (rest + text).split("\n");
    rest = parts.pop()!;
    if (rest.length > MAX_LINE_BYTES) throw corrupt(count + parts.length + 1, `is over ${MAX_LINE_BYTES} bytes long`);
    count += parts.length;
    if (parts.length > 0) yield parts;
  }
  if (rest !== "") throw corrupt(count + 1, "is cut off");
}

function parseHeader(line: string): SnapshotHeader {
  let header: Partial<SnapshotHeader & { format: string; version: number }>;
  try {
    header = JSON.parse(line) as typeof header;
  } catch (error) {
    throw corrupt(1, "is not JSON: this is no snapshot", error);
  }
  if (header?.format !== FORMAT) throw corrupt(1, "is no header: this is no snapshot");
  if (header.version !== VERSION) {
    throw corrupt(1, `says version ${header.version}; this program reads version ${VERSION}`);
  }
  const { revision, keys } = header;
  if (!isRevision(revision) || !Number.isSafeInteger(keys) || keys! < 0) {
    throw corrupt(1, "has no valid revision and number of keys");
  }
  return { revision, keys: keys! };
}

function isRevision(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 1;
}

function parseItem(text: string, line: number, newest: number): KeyValue {
  let item: KeyValue;
  try {
    item = JSON.parse(text) as KeyValue;
  } catch (error) {
    throw corrupt(line, "is not JSON", error);
  }
  const { key, value, createRevision, modRevision, version } = item ?? {};
  if (typeof key !== "string" || typeof value !== "string") throw corrupt(line, "has no key and value");
  if (!isRevision(createRevision) || !isRevision(modRevision) || !isRevision(version)) {
    throw corrupt(line, `(key ${key}) lacks revisions`);
  }
  if (createRevision > modRevision || modRevision > newest) {
    throw corrupt(line, `(key ${key}) has revisions that cannot be`);
  }
  try {
    checkOperations([{ kind: "put", key, value }]);
  } catch (error) {
    throw corrupt(line, `cannot be stored: ${(error as Error).message}`, error);
  }
  return { key, value, createRevision, modRevision, version };
}

/** Checks and decodes; yields the header first, then pages of keys. Throws `corrupt`, naming the line. */
export async function* decodeSnapshot(
  stream: ReadableStream<Uint8Array>,
): AsyncGenerator<SnapshotHeader | readonly KeyValue[]> {
  let header: SnapshotHeader | undefined;
  let last = "";
  let keys = 0;
  for await (const page of lines(stream)) {
    if (!header) {
      header = parseHeader(page.shift()!);
      yield header;
    }
    const items: KeyValue[] = [];
    for (const text of page) {
      const line = keys + 2;
      if (keys === header.keys) throw corrupt(line, `is one too many: ${keys} keys were announced`);
      const item = parseItem(text, line, header.revision);
      const sorted = sortKey(item.key);
      if (sorted <= last) throw corrupt(line, `(key ${item.key}) is not behind the line before: keys must ascend`);
      last = sorted;
      keys++;
      items.push(item);
    }
    if (items.length > 0) yield items;
  }
  if (!header) throw corrupt(1, "is missing: the snapshot is empty");
  if (keys !== header.keys) throw corrupt(keys + 2, `is missing: ${header.keys} keys were announced, ${keys} came`);
}
