/** What is asked of Events: little of core's, which many write, and more of the newer version's. */
import { deepEqual } from "../../../api/meta/deep_equal.ts";
import { FieldError, root } from "../../../api/meta/field.ts";
import { checkQualifiedName } from "../../../api/meta/names.ts";
import { goValue } from "../../../api/schema/go_value.ts";
import type { Event } from "../../../api/types/core_v1.ts";
import { checkText, requireText } from "./checks.ts";

const maxText = 128;
const maxMessage = 1024;
/** Where Events about objects outside of namespaces may lie. */
const clusterNamespaces: ReadonlySet<string | undefined> = new Set(["default", "kube-system"]);

/** Those with an `eventTime` are of writers that know what belongs to it. */
export function validateEvent(event: Event, controllerField: string): FieldError[] {
  const errors: FieldError[] = [];
  const { metadata, involvedObject, eventTime, reportingComponent = "", message = "" } = event;
  const namespace = involvedObject?.namespace ?? "";
  const fits = eventTime === undefined
    ? namespace === metadata.namespace || (namespace === "" && metadata.namespace === "default")
    : namespace !== "" || clusterNamespaces.has(metadata.namespace);
  if (!fits) {
    errors.push(FieldError.invalid(root("involvedObject", "namespace"), namespace, "does not match event.namespace"));
  }
  if (eventTime === undefined) return errors;
  requireText(reportingComponent, root(controllerField), errors);
  checkText(reportingComponent, root(controllerField), checkQualifiedName, errors);
  for (const field of ["reportingInstance", "action", "reason"] as const) {
    const text = event[field] ?? "";
    requireText(text, root(field), errors);
    requireShort(text, maxText, field, errors);
  }
  requireShort(message, maxMessage, "message", errors);
  return errors;
}

function requireShort(text: string, limit: number, field: string, errors: FieldError[]): void {
  if (text.length > limit) errors.push(FieldError.invalid(root(field), "", `can have at most ${limit} characters`));
}

/** For what is created in the newer version. */
export function validateNewEvent(event: Event): FieldError[] {
  const errors = validateSeries(event);
  if (event.eventTime === undefined) errors.push(FieldError.required(root("eventTime")));
  if (event.type !== "Normal" && event.type !== "Warning") {
    errors.push(FieldError.invalid(root("type"), "", `has invalid value: ${event.type ?? ""}`));
  }
  const { firstTimestamp, lastTimestamp, count, source } = event;
  const older = { firstTimestamp, lastTimestamp, count, source: source?.component || source?.host };
  for (const [field, value] of Object.entries(older)) {
    if (value) errors.push(FieldError.invalid(root(field), "", "needs to be unset"));
  }
  return errors;
}

function validateSeries({ series }: Event): FieldError[] {
  if (!series) return [];
  const errors: FieldError[] = [];
  if ((series.count ?? 0) < 2) errors.push(FieldError.invalid(root("series", "count"), "", "should be at least 2"));
  if (!series.lastObservedTime) errors.push(FieldError.required(root("series", "lastObservedTime")));
  return errors;
}

/** Of an Event only the series goes on: each of the others with what Go has in its place when it is absent. */
const fixed: readonly (readonly [keyof Event, absent: unknown])[] = [
  ["involvedObject", undefined],
  ["reason", ""],
  ["message", ""],
  ["source", undefined],
  ["firstTimestamp", null],
  ["lastTimestamp", null],
  ["count", 0],
  ["reason", ""],
  ["type", ""],
  ["eventTime", null],
  ["action", ""],
  ["related", null],
  ["reportingComponent", ""],
  ["reportingInstance", ""],
];

const structs: Readonly<Partial<Record<keyof Event, string>>> = {
  involvedObject: "io.k8s.api.core.v1.ObjectReference",
  related: "io.k8s.api.core.v1.ObjectReference",
  source: "io.k8s.api.core.v1.EventSource",
};

/** For what is changed in the newer version. */
export function validateEventUpdate(event: Event, old: Readonly<Event>): FieldError[] {
  const errors = deepEqual(event.series, old.series) ? [] : validateSeries(event);
  for (const [field, absent] of fixed) {
    const [now, before] = [event[field] ?? absent, old[field] ?? absent];
    if (deepEqual(now, before)) continue;
    const struct = structs[field];
    const shown = struct === undefined || now === null ? now : goValue(struct, now ?? {});
    errors.push(FieldError.immutable(root(field === "reportingComponent" ? "reportingController" : field), shown));
  }
  return errors;
}
