import type { Face } from "./face.ts";
import type { PutRequest, PutResponse } from "./messages.ts";
import { quickPut, runQuickTxn } from "./quick_txn.ts";
import { runTxn } from "./txn.ts";
import { checkPut } from "./txn_check.ts";

export async function put(face: Face, request: PutRequest): Promise<PutResponse> {
  checkPut(request);
  const rests = request.previous || request.ignoreValue || request.ignoreLease;
  const { responses } = rests
    ? await runTxn(face, {
      compare: [],
      success: [{ put: request, range: null, deleteRange: null, txn: null }],
      failure: [],
    })
    : await runQuickTxn(face, quickPut(request));
  return responses[0]!.put!;
}
