import { FieldError, root } from "../../../api/meta/field.ts";
import type { Event } from "../../../api/types/core_v1.ts";
import type { Strategy } from "./strategy.ts";

export const eventStrategy: Strategy<Event> = {
  createsOnUpdate: true,
  defaults(event) {
    event.type ??= "Normal";
  },
  validate({ metadata, involvedObject, type, eventTime }) {
    const errors: FieldError[] = [];
    const namespace = involvedObject?.namespace ?? "";
    // Events about cluster-scoped objects lie in `default`.
    const matches = namespace === ""
      ? metadata.namespace === "default" || metadata.namespace === "kube-system"
      : namespace === metadata.namespace;
    if (!matches) {
      errors.push(FieldError.invalid(root("involvedObject", "namespace"), namespace, "does not match event.namespace"));
    }
    // Only events of the newer kind, which have such a time, are looked at that closely.
    if (eventTime !== undefined && type !== "Normal" && type !== "Warning") {
      errors.push(FieldError.invalid(root("type"), type, `has invalid value: ${type}`));
    }
    return errors;
  },
  fields: {
    "involvedObject.kind": ({ involvedObject }) => involvedObject.kind ?? "",
    "involvedObject.namespace": ({ involvedObject }) => involvedObject.namespace ?? "",
    "involvedObject.name": ({ involvedObject }) => involvedObject.name ?? "",
    "involvedObject.uid": ({ involvedObject }) => involvedObject.uid ?? "",
    "involvedObject.apiVersion": ({ involvedObject }) => involvedObject.apiVersion ?? "",
    "involvedObject.resourceVersion": ({ involvedObject }) => involvedObject.resourceVersion ?? "",
    "involvedObject.fieldPath": ({ involvedObject }) => involvedObject.fieldPath ?? "",
    reason: ({ reason }) => reason ?? "",
    reportingComponent: ({ reportingComponent, source }) => reportingComponent || source?.component || "",
    source: ({ source, reportingComponent }) => source?.component || reportingComponent || "",
    type: ({ type }) => type ?? "",
  },
};
