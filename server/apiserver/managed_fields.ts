import { recordsJson } from "../../api/patch/apply/managers.ts";
import type { KubeObject } from "../../api/resource.ts";
import type { Entry } from "./contract.ts";

/** The entry's object with its managedFields. Made anew each time: only its parts are shared. */
export function completeObject({ object, records }: Pick<Entry, "object" | "records">): KubeObject {
  if (records.length === 0) return object;
  return { ...object, metadata: { ...object.metadata, managedFields: JSON.parse(recordsJson(records)) } };
}
