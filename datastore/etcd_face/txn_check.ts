import { Buffer } from "node:buffer";
import { MAX_OPERATIONS } from "../contract.ts";
import { etcdError } from "./errors.ts";
import { unimplemented } from "./face.ts";
import { isInRange } from "./keys.ts";
import type { DeleteRangeRequest, PutRequest, RequestOp, TxnRequest } from "./messages.ts";
import { checkRange } from "./range.ts";

/** Throws what etcd refuses a transaction with before it looks at the store. */
export function checkTxn({ compare, success, failure }: TxnRequest): void {
  if (Math.max(compare.length, success.length, failure.length) > MAX_OPERATIONS) throw etcdError("tooManyOperations");
  for (const { key } of compare) if (key.length === 0) throw etcdError("emptyKey");
  for (const branch of [success, failure]) {
    branch.forEach(checkOperation);
    checkDuplicates(branch);
  }
}

function checkOperation({ range, put, deleteRange, txn }: RequestOp): void {
  if (txn) throw unimplemented("a transaction within a transaction", "write its compares and operations into one");
  if (range) checkRange(range);
  if (put) checkPut(put);
  if (deleteRange) checkDelete(deleteRange);
}

export function checkPut({ key, value, lease, ignoreValue, ignoreLease }: PutRequest): void {
  if (key.length === 0) throw etcdError("emptyKey");
  if (ignoreValue && value.length > 0) throw etcdError("valueProvided");
  if (ignoreLease && String(lease) !== "0") throw etcdError("leaseProvided");
}

export function checkDelete({ key }: DeleteRangeRequest): void {
  if (key.length === 0) throw etcdError("emptyKey");
}

/** A key is put once, and not deleted as well. */
function checkDuplicates(branch: readonly RequestOp[]): void {
  const seen = new Set<string>();
  const deletions = branch.flatMap(({ deleteRange }) => deleteRange ?? []);
  for (const { put } of branch) {
    if (!put) continue;
    const key = Buffer.from(put.key).toString("latin1");
    if (seen.has(key) || deletions.some((range) => isInRange(put.key, range))) throw etcdError("duplicateKey");
    seen.add(key);
  }
}
