import type { KubeObject } from "../../../api/resource.ts";
import type { Event } from "../../../api/types/core_v1.ts";
import type { Event as EventV1 } from "../../../api/types/events_v1.ts";
import { checkDns1123Subdomain } from "../../../api/meta/names.ts";
import type { Conversion } from "./conversion.ts";
import { eventStrategy } from "./event.ts";
import { validateEvent, validateEventUpdate, validateNewEvent } from "./event_validation.ts";
import type { Strategy } from "./strategy.ts";

/** Fields that the newer version calls by another name: its name first, then core's. */
const renamed: readonly (readonly [keyof EventV1, keyof Event])[] = [
  ["regarding", "involvedObject"],
  ["note", "message"],
  ["reportingController", "reportingComponent"],
  ["deprecatedSource", "source"],
  ["deprecatedFirstTimestamp", "firstTimestamp"],
  ["deprecatedLastTimestamp", "lastTimestamp"],
  ["deprecatedCount", "count"],
];

const referenceFields = ["kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath"];

const apiVersion = "events.k8s.io/v1";

/** Events of `events.k8s.io/v1`, which are stored as core's. */
export const eventV1: Conversion = {
  apiVersion,
  fields: {
    "metadata.name": "metadata.name",
    "metadata.namespace": "metadata.namespace",
    ...Object.fromEntries(referenceFields.map((field) => [`regarding.${field}`, `involvedObject.${field}`])),
    reason: "reason",
    reportingController: "reportingComponent",
    type: "type",
  },
  strategy: {
    ...eventStrategy,
    checkName: checkDns1123Subdomain,
    checksMetadata: true,
    validate: (event: Event) => validateEvent(event, "reportingController"),
    validateCreate: validateNewEvent,
    validateUpdate: validateEventUpdate,
  } satisfies Strategy<Event>,
  toStored: (object) => rename(object, 0, 1, "v1"),
  fromStored: (object) => rename(object, 1, 0, apiVersion),
};

function rename(object: KubeObject, from: 0 | 1, to: 0 | 1, apiVersion: string): KubeObject {
  const fields = object as unknown as Record<string, unknown>;
  for (const names of renamed) {
    const value = fields[names[from]];
    delete fields[names[from]];
    if (value !== undefined) fields[names[to]] = value;
  }
  object.apiVersion = apiVersion;
  return object;
}
