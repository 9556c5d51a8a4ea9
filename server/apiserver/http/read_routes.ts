import { badRequest } from "../../../api/status.ts";
import type { Entry, ListAnswer } from "../contract.ts";
import { completeObject } from "../managed_fields.ts";
import { sendJSON, sendPieces } from "./answer.ts";
import { mediaTypes, negotiate } from "./negotiate.ts";
import { listRequest } from "./query.ts";
import type { ResourceCall } from "./resource_call.ts";
import { mustFit, partialObject, tableOptions } from "./transform.ts";

/** Lists longer than this go out in pieces of about this size, in UTF-16 units. */
const PIECE = 256 * 1024;

export async function getRoute(of: ResourceCall): Promise<void> {
  const { call, target, store } = of;
  const representation = negotiate(of);
  if (call.info.query !== "" && call.query.flag("export")) {
    throw badRequest("the export parameter, deprecated since v1.14, is no longer supported");
  }
  const resourceVersion = call.info.query === "" ? undefined : call.query.text("resourceVersion");
  const entry = await store.get(call, {
    namespace: target.namespace,
    name: target.name,
    ...(target.subresource === "" ? {} : { subresource: target.subresource }),
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
  });
  await sendEntry(of, 200, entry, representation);
}

/** One object, in whatever form was asked for. */
export async function sendEntry(
  of: ResourceCall,
  code: number,
  entry: Entry,
  representation = negotiate(of),
): Promise<void> {
  const { as, format, version } = representation;
  if (as === undefined && format === "protobuf") {
    return (await import("./protobuf_answers.ts")).sendEncoded(of.call, code, entry);
  }
  if (as === undefined) return await sendJSON(of.call, code, entry.json(), format);
  mustFit(as, of, false);
  if (as === "Table") {
    const { tableOf } = await import("../tables/table.ts");
    const options = tableOptions(of.call.query, version);
    const { resourceVersion } = entry.object.metadata;
    const table = tableOf(of, [entry.object], options, resourceVersion === undefined ? {} : { resourceVersion });
    return await sendJSON(of.call, code, JSON.stringify(table), format);
  }
  await sendJSON(of.call, code, JSON.stringify(partialObject(completeObject(entry), version)), format);
}

export async function listRoute(of: ResourceCall): Promise<void> {
  const { call, store } = of;
  const representation = negotiate(of);
  const answer = await store.list(call, listRequest(call.query, of.target));
  await sendList(of, answer, representation);
}

export async function sendList(
  of: ResourceCall,
  answer: ListAnswer,
  { as, format, version } = negotiate(of),
): Promise<void> {
  const { call } = of;
  const metadata = {
    resourceVersion: answer.resourceVersion,
    ...(answer.continue ? { continue: answer.continue } : {}),
    ...(answer.remainingItemCount ? { remainingItemCount: answer.remainingItemCount } : {}),
  };
  mustFit(as, of, true);
  if (as === "Table") {
    const { tableOf } = await import("../tables/table.ts");
    const objects = answer.entries.map((entry) => entry.object);
    const table = tableOf(of, objects, tableOptions(call.query, version), metadata);
    return await sendJSON(call, 200, JSON.stringify(table), format);
  }
  if (as === undefined && format === "protobuf") {
    return await (await import("./protobuf_answers.ts")).sendEncodedList(of, answer, metadata);
  }
  const [apiVersion, kind] = as === undefined
    ? [of.apiVersion, `${of.kind}List`]
    : [`meta.k8s.io/${version}`, "PartialObjectMetadataList"];
  const itemOf = as === undefined
    ? (entry: Entry) => entry.itemJson()
    : (entry: Entry) => JSON.stringify(partialObject(completeObject(entry), version));
  const head = `{"kind":${JSON.stringify(kind)},"apiVersion":${JSON.stringify(apiVersion)},"metadata":${
    JSON.stringify(metadata)
  },"items":[`;
  const pieces = listPieces(head, answer.entries, itemOf);
  const first = pieces.next().value!;
  const second = pieces.next();
  if (second.done) return await sendJSON(call, 200, first, format);
  if (format !== "json") return await sendJSON(call, 200, [first, second.value, ...pieces].join(""), format);
  await sendPieces(call, 200, mediaTypes.json, chained(first, second.value, pieces));
}

function* listPieces(head: string, entries: readonly Entry[], itemOf: (entry: Entry) => string): Generator<string> {
  let piece = head;
  for (let i = 0; i < entries.length; i++) {
    if (i > 0) piece += ",";
    piece += itemOf(entries[i]!);
    if (piece.length >= PIECE) {
      yield piece;
      piece = "";
    }
  }
  yield `${piece}]}\n`;
}

function* chained(first: string, second: string, rest: Iterable<string>): Generator<string> {
  yield first;
  yield second;
  yield* rest;
}
