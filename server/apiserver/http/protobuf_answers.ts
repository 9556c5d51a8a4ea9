/** Answers in protobuf; imported by the first client that wants one. */
import { Buffer } from "node:buffer";
import { encodeProtobuf, encodeWatchFrame, ProtobufListEncoder } from "../../../api/codec/protobuf_encode.ts";
import type { ListMeta } from "../../../api/types/meta_v1.ts";
import type { Entry, ListAnswer } from "../contract.ts";
import { encodableObject } from "../managed_fields.ts";
import { send, sendPieces } from "./answer.ts";
import { RecentFrames } from "./recent_frames.ts";
import type { Call } from "./call.ts";
import { mediaTypes } from "./negotiate.ts";
import type { ResourceCall } from "./resource_call.ts";

const frames = new RecentFrames((type, entry) => encodeWatchFrame(type, encodableObject(entry)));

/** An event about an object, encoded once for all its watchers. */
export function objectFrame(type: string, entry: Entry): Uint8Array {
  return frames.of(type, entry);
}

export function sendEncoded(call: Call, code: number, entry: Entry): void | Promise<void> {
  return send(call, code, mediaTypes.protobuf, encodeProtobuf(encodableObject(entry)));
}

/** The envelope tells the length of all of it, so that nothing is sent before the last object is encoded; others have their turn between the pieces. */
export async function sendEncodedList(of: ResourceCall, { entries }: ListAnswer, metadata: ListMeta): Promise<void> {
  const { call, apiVersion, kind } = of;
  const encoder = new ProtobufListEncoder({ apiVersion, kind: `${kind}List`, metadata });
  for (const entry of entries) {
    if (!encoder.add(encodableObject(entry))) continue;
    await new Promise((resolve) => setImmediate(resolve));
    if (call.response.destroyed) return;
  }
  const pieces = encoder.finish();
  if (pieces.length <= 2) return await send(call, 200, mediaTypes.protobuf, Buffer.concat(pieces));
  await sendPieces(call, 200, mediaTypes.protobuf, pieces);
}
