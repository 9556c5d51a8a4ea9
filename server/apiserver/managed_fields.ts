import type { Encodable } from "../../api/codec/protobuf_encode.ts";
import { JsonText } from "../../api/codec/json_text.ts";
import { type ManagedRecord, recordsJson } from "../../api/patch/apply/managers.ts";
import type { KubeObject } from "../../api/resource.ts";
import type { Entry } from "./contract.ts";

/** The entry's object with its managedFields. Made anew each time: only its parts are shared. */
export function completeObject({ object, records }: Pick<Entry, "object" | "records">): KubeObject {
  if (records.length === 0) return object;
  return { ...object, metadata: { ...object.metadata, managedFields: JSON.parse(recordsJson(records)) } };
}

/** The same for the protobuf encoder: what fields they are stays text, as it is kept and as it is sent. */
export function encodableObject({ object, records }: Pick<Entry, "object" | "records">): Encodable {
  if (records.length === 0) return object;
  return { ...object, metadata: { ...object.metadata, managedFields: records.map(encodableRecord) } };
}

function encodableRecord({ manager, operation, apiVersion, subresource, time, fields }: ManagedRecord) {
  return {
    ...(manager === "" ? {} : { manager }),
    operation,
    apiVersion,
    ...(time === undefined ? {} : { time }),
    fieldsType: "FieldsV1",
    fieldsV1: new JsonText(fields),
    ...(subresource === "" ? {} : { subresource }),
  };
}
