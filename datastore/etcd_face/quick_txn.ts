import { Buffer } from "node:buffer";
import type { Operation } from "../contract.ts";
import { number } from "../etcd/descriptor.ts";
import { CREATE, EQUAL, MOD, VERSION } from "./compare.ts";
import { type Face, header } from "./face.ts";
import { keyText } from "./keys.ts";
import type { Compare, PutRequest, RangeRequest, RequestOp, ResponseOp, TxnRequest, TxnResponse } from "./messages.ts";
import { readRange } from "./range.ts";
import { valueText } from "./values.ts";

/** One write of one key that rests on that key's revision at most, and a look at the key when it is another: all that Kubernetes sends. */
interface QuickTxn {
  readonly operation: Operation;
  readonly lease: string;
  readonly otherwise: RangeRequest | undefined;
}

/** Undefined for a transaction of another shape. */
export function quickTxn({ compare, success, failure }: TxnRequest): QuickTxn | undefined {
  const write = success.length === 1 ? quickWrite(success[0]!) : undefined;
  const otherwise = failure[0]?.range ?? undefined;
  if (!write || compare.length !== 1 || failure.length > 1 || (failure.length === 1 && !otherwise)) return undefined;
  const expect = expectation(compare[0]!);
  if (expect === undefined || !sameKey(compare[0]!, write) || (otherwise && !isPlain(otherwise, write))) {
    return undefined;
  }
  const key = keyText(write.key);
  const operation: Operation = write.value
    ? { kind: "put", key, value: valueText({ bytes: write.value, lease: write.lease }), expect }
    : { kind: "delete", key, expect };
  return { operation, lease: write.lease, otherwise };
}

/** A put that rests on nothing. */
export function quickPut({ key, value, lease }: PutRequest): QuickTxn {
  const text = valueText({ bytes: value, lease: String(lease) });
  return { operation: { kind: "put", key: keyText(key), value: text }, lease: String(lease), otherwise: undefined };
}

/** It shares its flush to the disk with other commits. */
export async function runQuickTxn(face: Face, { operation, lease, otherwise }: QuickTxn): Promise<TxnResponse> {
  return await face.gate.shared(async () => {
    face.leases.check(lease);
    const result = await face.datastore.commit([operation]);
    const { revision } = result;
    if (result.ok) {
      face.leases.noteWrite(operation.key, lease);
      const done: ResponseOp = operation.kind === "put"
        ? { put: { header: header(revision) } }
        : { deleteRange: { header: header(revision), deleted: operation.expect ? 1 : 0, previous: [] } };
      return { header: header(revision), succeeded: true, responses: [done] };
    }
    const item = result.conflicts[0]?.actual;
    const source = {
      get: async () => ({ item, revision }),
      list: async () => ({ items: [], more: false, revision }),
      count: async () => 0,
    };
    const responses = otherwise ? [{ range: await readRange(otherwise, source) }] : [];
    return { header: header(revision), succeeded: false, responses };
  });
}

interface Write {
  readonly key: Uint8Array;
  /** Undefined for a deletion. */
  readonly value?: Uint8Array;
  readonly lease: string;
}

function quickWrite({ put, deleteRange }: RequestOp): Write | undefined {
  if (put && !put.previous && !put.ignoreValue && !put.ignoreLease) {
    return { key: put.key, value: put.value, lease: String(put.lease) };
  }
  if (deleteRange && !deleteRange.previous && deleteRange.rangeEnd.length === 0) {
    return { key: deleteRange.key, lease: "0" };
  }
  return undefined;
}

/** The mod-revision that the compare asks for, 0 for a key that is not there. */
function expectation({ target, result, modRevision, createRevision, version }: Compare): number | undefined {
  if (result !== EQUAL) return undefined;
  if (target === MOD) return number(modRevision);
  const isAbsent = (target === CREATE && number(createRevision) === 0) ||
    (target === VERSION && number(version) === 0);
  return isAbsent ? 0 : undefined;
}

function sameKey(other: { readonly key: Uint8Array; readonly rangeEnd: Uint8Array }, { key }: Write): boolean {
  return other.rangeEnd.length === 0 && Buffer.compare(other.key, key) === 0;
}

function isPlain(range: RangeRequest, write: Write): boolean {
  return sameKey(range, write) && number(range.revision) === 0;
}
