import { type FieldTerm, parseFieldSelector } from "../../../api/meta/field_selector.ts";
import type { Requirement } from "../../../api/meta/label_selector.ts";
import { parseLabelSelector } from "../../../api/meta/label_selector_parser.ts";
import type { UserInfo } from "../contract.ts";
import type { RequestInfo } from "../http/request_info.ts";
import type { AuthorizationAttributes } from "./authorizer.ts";

/** What a request is, to those who decide about it. */
export function requestAttributes(user: UserInfo, { verb, path, resource }: RequestInfo): AuthorizationAttributes {
  if (resource === undefined) return { user, verb, path };
  const { fieldSelector, labelSelector, ...what } = resource;
  if (fieldSelector === undefined && labelSelector === undefined) return { user, verb, path, resource: what };
  return { user, verb, path, resource: { ...what, ...fieldsOf(fieldSelector), ...labelsOf(labelSelector) } };
}

/** A selector only narrows: of one that cannot be read nothing is known, and the request is refused for it later. */
export function fieldTerms(text: string): readonly FieldTerm[] | undefined {
  return known(() => parseFieldSelector(text).terms);
}

/** Like `fieldTerms`. */
export function labelRequirements(text: string): readonly Requirement[] | undefined {
  return known(() => parseLabelSelector(text).requirements);
}

function known<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch {
    return undefined;
  }
}

function fieldsOf(text = ""): { fieldSelector?: readonly FieldTerm[] } {
  const fieldSelector = fieldTerms(text);
  return fieldSelector?.length ? { fieldSelector } : {};
}

function labelsOf(text = ""): { labelSelector?: readonly Requirement[] } {
  const labelSelector = labelRequirements(text);
  return labelSelector?.length ? { labelSelector } : {};
}
