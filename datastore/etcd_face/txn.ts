import { DatastoreError } from "../contract.ts";
import { number } from "../etcd/descriptor.ts";
import { holds } from "./compare.ts";
import { EtcdError, etcdError } from "./errors.ts";
import { type Face, header, unimplemented, wireItem } from "./face.ts";
import { keyText, rangeOf } from "./keys.ts";
import type {
  Answer,
  DeleteRangeRequest,
  DeleteRangeResponse,
  PutRequest,
  PutResponse,
  RequestOp,
  ResponseOp,
  TxnRequest,
  TxnResponse,
  WireItem,
} from "./messages.ts";
import { quickTxn, runQuickTxn } from "./quick_txn.ts";
import { range, readRange } from "./range.ts";
import { checkTxn } from "./txn_check.ts";
import { valueOf, valueText } from "./values.ts";
import { PENDING, View } from "./view.ts";

/** How often a transaction is begun again because others wrote to the same keys. */
const ATTEMPTS = 20;

export async function txn(face: Face, request: TxnRequest): Promise<TxnResponse> {
  checkTxn(request);
  const quick = quickTxn(request);
  return quick ? await runQuickTxn(face, quick) : await runTxn(face, request);
}

/**
 * Any transaction: reads at one revision, commits on the condition that what it writes is as it was read, and begins again if not. What it only
 * reads nobody else changes meanwhile if this face is the only one who writes.
 */
export async function runTxn(face: Face, request: TxnRequest): Promise<TxnResponse> {
  return await face.gate.alone(async () => {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const response = await tryTxn(face, request);
      if (response) return response;
    }
    throw new EtcdError("unavailable", `the transaction met other writers ${ATTEMPTS} times: try again`);
  });
}

async function tryTxn(face: Face, { compare, success, failure }: TxnRequest): Promise<TxnResponse | undefined> {
  const { datastore, exclusive, leases } = face;
  const revision = await datastore.revision();
  const view = new View(datastore, revision);
  try {
    let succeeded = true;
    for (const each of compare) succeeded &&= await holds(each, view);
    const responses: ResponseOp[] = [];
    const leaseOf = new Map<string, string>();
    for (const operation of succeeded ? success : failure) {
      responses.push(await run(operation, { face, view, leaseOf }));
    }
    const operations = view.operations();
    if (!view.hasWritten) return { header: header(revision), succeeded, responses };
    if (!exclusive && !view.isSelfContained) {
      throw unimplemented(
        "a transaction that writes and also reads a range, or what is there and it does not write",
        "others may write to this datastore at the same time",
      );
    }
    const result = await datastore.commit(exclusive ? operations : [...operations, ...view.guards()]);
    if (!result.ok) return undefined;
    for (const { key } of operations) leases.noteWrite(key, leaseOf.get(key) ?? "0");
    return {
      header: header(result.revision),
      succeeded,
      responses: responses.map((response) => settled(response, result.revision)),
    };
  } catch (error) {
    // Somebody has compacted meanwhile.
    if (error instanceof DatastoreError && error.reason === "compacted" && revision < await datastore.revision()) {
      return undefined;
    }
    throw error;
  }
}

interface Run {
  readonly face: Face;
  readonly view: View;
  /** Of the keys that were put. */
  readonly leaseOf: Map<string, string>;
}

async function run({ range: read, put, deleteRange }: RequestOp, context: Run): Promise<ResponseOp> {
  if (put) return { put: await runPut(put, context) };
  if (deleteRange) return { deleteRange: await runDelete(deleteRange, context) };
  if (!read) throw new EtcdError("invalidArgument", "an operation of the transaction is empty");
  return { range: await (number(read.revision) > 0 ? range(context.face, read) : readRange(read, context.view)) };
}

async function runPut(request: PutRequest, { face, view, leaseOf }: Run): Promise<PutResponse> {
  const key = keyText(request.key);
  const { item } = await view.get(key);
  if (!item && (request.ignoreValue || request.ignoreLease)) throw etcdError("keyNotFound");
  const before = item && valueOf(item.value);
  const bytes = request.ignoreValue ? before!.bytes : request.value;
  const lease = request.ignoreLease ? before!.lease : String(request.lease);
  face.leases.check(lease);
  leaseOf.set(key, lease);
  await view.put(key, valueText({ bytes, lease }));
  return { header: header(view.revision), ...request.previous && item && { previous: wireItem(item) } };
}

async function runDelete(request: DeleteRangeRequest, { view }: Run): Promise<DeleteRangeResponse> {
  const range = rangeOf(request);
  const { items } = request.rangeEnd.length > 0
    ? await view.list(range)
    : await view.get(range.start).then(({ item }) => ({ items: item ? [item] : [] }));
  for (const { key } of items) view.delete(key);
  const previous = request.previous ? items.map(wireItem) : [];
  return { header: header(view.revision), deleted: items.length, previous };
}

/** With the revision that the commit took, where it was not known before. */
function settled({ range, put, deleteRange }: ResponseOp, revision: number): ResponseOp {
  if (put) return { put: { ...put, ...settledHeader(put, revision) } };
  if (deleteRange) return { deleteRange: { ...deleteRange, ...settledHeader(deleteRange, revision) } };
  const kvs = range!.kvs.map((item) => settledItem(item, revision));
  return { range: { ...range!, ...settledHeader(range!, revision), kvs } };
}

function settledHeader({ header: before }: Answer, revision: number): Answer {
  return { header: before.revision === PENDING ? header(revision) : before };
}

function settledItem(item: WireItem, revision: number): WireItem {
  if (item.modRevision !== PENDING) return item;
  const createRevision = item.createRevision === PENDING ? revision : item.createRevision!;
  return { ...item, modRevision: revision, createRevision };
}
