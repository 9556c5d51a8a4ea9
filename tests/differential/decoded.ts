import { parse } from "yaml";
import { Reader } from "protobufjs/minimal";
import { decodeProtobuf } from "../../api/codec/protobuf.ts";
import type { Answer } from "./sides.ts";

/** The answer with what its YAML or protobuf says, so that it is compared by fields as JSON is; what cannot be read stays as it is. */
export function decoded(answer: Answer): Answer {
  const type = answer.contentType.split(";")[0]!;
  try {
    if (type === "application/yaml") return { ...answer, json: parse(answer.text) };
    if (type === "application/vnd.kubernetes.protobuf") {
      const json = answer.contentType.includes("stream=watch") ? framesOf(answer.bytes) : objectOf(answer.bytes);
      return { ...answer, json };
    }
    return answer;
  } catch {
    return answer;
  }
}

/** The events of a watch: lines of JSON, or frames of protobuf. */
export function eventsOf(answer: Answer): unknown {
  const { json, text } = decoded(answer);
  if (json !== undefined) return Array.isArray(json) ? json : [json];
  try {
    return text.split("\n").filter(Boolean).map((line) => JSON.parse(line));
  } catch {
    return text;
  }
}

function objectOf(bytes: Uint8Array): unknown {
  return decodeProtobuf(bytes).object;
}

/** Each event is behind its length in four bytes; its object is in the second field, in an envelope of its own. */
function framesOf(bytes: Uint8Array): unknown[] {
  const events: unknown[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at < bytes.length;) {
    const length = view.getUint32(at);
    const reader = Reader.create(bytes.subarray(at + 4, at + 4 + length));
    let type = "";
    let object: unknown;
    while (reader.pos < reader.len) {
      const field = reader.uint32() >>> 3;
      if (field === 1) type = reader.string();
      else {
        const raw = Reader.create(reader.bytes());
        raw.uint32();
        object = objectOf(raw.bytes());
      }
    }
    events.push({ type, object });
    at += 4 + length;
  }
  return events;
}
