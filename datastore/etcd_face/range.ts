import { Buffer } from "node:buffer";
import type { KeyRange, KeyValue } from "../contract.ts";
import { number } from "../etcd/descriptor.ts";
import { etcdError } from "./errors.ts";
import { type Face, header, wireItem } from "./face.ts";
import { rangeOf } from "./keys.ts";
import type { RangeRequest, RangeResponse, WireItem } from "./messages.ts";

/** Where a range is read: the store at a revision, or a transaction that has changed something. */
export interface Source {
  /** At the request's revision, or the newest. `limit` may be ignored. */
  list(range: KeyRange, options: { limit?: number; keysOnly?: boolean }): Promise<{
    readonly items: readonly KeyValue[];
    readonly more: boolean;
    readonly revision: number;
  }>;
  get(key: string): Promise<{ readonly item: KeyValue | undefined; readonly revision: number }>;
  count(range: KeyRange, revision: number): Promise<number>;
}

export async function range(face: Face, request: RangeRequest): Promise<RangeResponse> {
  const asked = number(request.revision);
  const response = await readRange(request, storeSource(face, asked));
  // Reads of the past are answered with the present revision too.
  return asked > 0 ? { ...response, header: header(await face.datastore.revision()) } : response;
}

function storeSource({ datastore }: Face, asked: number): Source {
  const at = asked > 0 ? { revision: asked } : {};
  return {
    list: (keys, options) => datastore.list(keys, { ...options, ...at }),
    get: (key) => datastore.get(key, at),
    count: async (keys, revision) => (await datastore.count(keys, { revision })).count,
  };
}

/** The response's header has the revision that the source was read at. */
export async function readRange(request: RangeRequest, source: Source): Promise<RangeResponse> {
  checkRange(request);
  if (request.rangeEnd.length === 0) return await readOne(request, source);
  const keys = rangeOf(request);
  const limit = Math.max(0, number(request.limit));
  if (request.countOnly) {
    const { revision } = await source.list(keys, { limit: 1, keysOnly: true });
    return { header: header(revision), kvs: [], more: false, count: await source.count(keys, revision) };
  }
  const selection = selectionOf(request);
  const { items, more, revision } = await source.list(keys, {
    ...limit > 0 && !selection && { limit },
    ...request.keysOnly && !selection && { keysOnly: true },
  });
  const count = more ? await source.count(keys, revision) : items.length;
  const selected = selection ? selection(items.map(wireItem)) : items.map(wireItem);
  const isCut = limit > 0 && selected.length > limit;
  const kvs = isCut ? selected.slice(0, limit) : selected;
  return { header: header(revision), kvs: kvs.map((item) => shown(item, request)), more: more || isCut, count };
}

async function readOne(request: RangeRequest, source: Source): Promise<RangeResponse> {
  const { item, revision } = await source.get(rangeOf(request).start);
  const items = item ? [wireItem(item)] : [];
  const kvs = request.countOnly ? [] : selectionOf(request)?.(items) ?? items;
  return { header: header(revision), kvs: kvs.map((kv) => shown(kv, request)), more: false, count: items.length };
}

export function checkRange({ key, sortOrder, sortTarget }: RangeRequest): void {
  if (key.length === 0) throw etcdError("emptyKey");
  if (sortOrder < 0 || sortOrder > DESCENDING || !ORDERS[sortTarget]) throw etcdError("invalidSort");
}

/** A value that was not read is that of an empty text. */
function shown(item: Required<WireItem>, { keysOnly }: RangeRequest): WireItem {
  return keysOnly ? { ...item, value: new Uint8Array() } : item;
}

const DESCENDING = 2;

type Item = Required<WireItem>;

/** By `RangeRequest.sortTarget`: key, version, create revision, mod revision, value. */
const ORDERS: readonly ((a: Item, b: Item) => number)[] = [
  (a, b) => Buffer.compare(a.key, b.key),
  (a, b) => a.version - b.version,
  (a, b) => a.createRevision - b.createRevision,
  (a, b) => a.modRevision - b.modRevision,
  (a, b) => Buffer.compare(a.value, b.value),
];

/** Filters and sorts all items of the range; undefined when the first ones in the order of their keys are wanted. */
function selectionOf(request: RangeRequest): ((items: Item[]) => Item[]) | undefined {
  const [minMod, maxMod] = [number(request.minModRevision), number(request.maxModRevision)];
  const [minCreate, maxCreate] = [number(request.minCreateRevision), number(request.maxCreateRevision)];
  const sorts = request.sortOrder === DESCENDING || request.sortTarget !== 0;
  if (!sorts && !minMod && !maxMod && !minCreate && !maxCreate) return undefined;
  const order = ORDERS[request.sortTarget]!;
  const sign = request.sortOrder === DESCENDING ? -1 : 1;
  return (items) => {
    const wanted = items.filter(({ modRevision, createRevision }) =>
      (!minMod || modRevision >= minMod) && (!maxMod || modRevision <= maxMod) &&
      (!minCreate || createRevision >= minCreate) && (!maxCreate || createRevision <= maxCreate)
    );
    return sorts ? wanted.sort((a, b) => sign * order(a, b)) : wanted;
  };
}
