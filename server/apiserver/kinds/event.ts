import { checkPathSegmentName } from "../../../api/meta/names.ts";
import type { Event } from "../../../api/types/core_v1.ts";
import { validateEvent } from "./event_validation.ts";
import type { Strategy } from "./strategy.ts";

export const eventStrategy: Strategy<Event> = {
  createsOnUpdate: true,
  checkName: checkPathSegmentName,
  validate: (event) => validateEvent(event, "reportingComponent"),
  fields: {
    "involvedObject.kind": ({ involvedObject }) => involvedObject.kind ?? "",
    "involvedObject.namespace": ({ involvedObject }) => involvedObject.namespace ?? "",
    "involvedObject.name": ({ involvedObject }) => involvedObject.name ?? "",
    "involvedObject.uid": ({ involvedObject }) => involvedObject.uid ?? "",
    "involvedObject.apiVersion": ({ involvedObject }) => involvedObject.apiVersion ?? "",
    "involvedObject.resourceVersion": ({ involvedObject }) => involvedObject.resourceVersion ?? "",
    "involvedObject.fieldPath": ({ involvedObject }) => involvedObject.fieldPath ?? "",
    reason: ({ reason }) => reason ?? "",
    reportingComponent: ({ reportingComponent }) => reportingComponent ?? "",
    source: ({ source, reportingComponent }) => source?.component || reportingComponent || "",
    type: ({ type }) => type ?? "",
  },
};
