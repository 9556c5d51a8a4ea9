import { FieldSelector } from "../../../api/meta/field_selector.ts";
import { badRequest, invalid, type StatusError } from "../../../api/status.ts";
import { FieldError, root } from "../../../api/meta/field.ts";
import type { FieldValidation, ListRequest, PatchRequest, WatchRequest, WriteOptions } from "../contract.ts";
import { dryRunOf, type GivenDeleteOptions } from "../delete_options.ts";
import { isTrue, type ResourceInfo } from "./request_info.ts";

/** A query's parameters with the values that the API allows them. Of several equal names the first counts. */
export class Query {
  readonly #parameters: URLSearchParams;

  constructor(text: string) {
    this.#parameters = new URLSearchParams(malformed.test(text) ? wellFormed(text) : text);
  }

  get parameters(): URLSearchParams {
    return this.#parameters;
  }

  text(name: string): string | undefined {
    return this.#parameters.get(name) || undefined;
  }

  flag(name: string): boolean {
    return isTrue(this.#parameters.get(name));
  }

  /** 400 for anything but a whole number of 64 bits, in the words of Go, as upstream. */
  integer(name: string): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    if (!/^[+-]?\d+$/.test(text)) throw notParsed(text, "invalid syntax");
    const value = BigInt(text);
    if (value !== BigInt.asIntN(64, value)) throw notParsed(text, "value out of range");
    return Number(value);
  }

  /** The same of a parameter that is no number when it is empty. */
  optionalInteger(name: string): number | undefined {
    if (this.#parameters.get(name) === "") throw notParsed("", "invalid syntax");
    return this.integer(name);
  }
}

/** In Go's words. */
function notParsed(text: string, why: string): StatusError {
  return badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: ${why}`);
}

/** A percent sign that encodes nothing, and semicolons. */
const malformed = /%(?![\dA-Fa-f]{2})|;/;

/** Go passes over the pairs that it cannot read. */
function wellFormed(text: string): string {
  return text.split("&").filter((pair) => !malformed.test(pair)).join("&");
}

type Target = Pick<ResourceInfo, "namespace" | "name">;

export function listRequest(query: Query, target: Target): ListRequest {
  const limit = query.optionalInteger("limit");
  // Of a watch alone, and looked at all the same.
  query.integer("timeoutSeconds");
  mustBeValid(listErrors(query));
  return {
    ...selection(query, target),
    ...(limit && limit > 0 ? { limit } : {}),
    ...optional("continue", query.text("continue")),
  };
}

export function watchRequest(query: Query, target: Target): WatchRequest {
  query.optionalInteger("limit");
  mustBeValid(watchErrors(query));
  const sendInitialEvents = query.text("sendInitialEvents");
  return {
    ...selection(query, target),
    allowWatchBookmarks: query.flag("allowWatchBookmarks"),
    ...(sendInitialEvents === undefined ? {} : { sendInitialEvents: isTrue(sendInitialEvents) }),
  };
}

const MATCH = root("resourceVersionMatch");

function listErrors(query: Query): FieldError[] {
  const errors: FieldError[] = [];
  const [match, version] = [query.text("resourceVersionMatch"), query.text("resourceVersion")];
  if (match !== undefined) {
    if (version === undefined) {
      errors.push(FieldError.forbidden(MATCH, `${MATCH} is forbidden unless resourceVersion is provided`));
    }
    if (query.text("continue") !== undefined) errors.push(forbiddenWithContinue);
    if (match !== "Exact" && match !== "NotOlderThan") {
      errors.push(FieldError.notSupported(MATCH, match, ["Exact", "NotOlderThan", ""]));
    }
    if (match === "Exact" && version === "0") {
      errors.push(FieldError.forbidden(MATCH, `${MATCH} "exact" is forbidden for resourceVersion "0"`));
    }
  }
  if (query.text("sendInitialEvents") !== undefined) {
    errors.push(FieldError.forbidden(root("sendInitialEvents"), "sendInitialEvents is forbidden for list"));
  }
  return errors;
}

function watchErrors(query: Query): FieldError[] {
  const errors: FieldError[] = [];
  const match = query.text("resourceVersionMatch");
  const initial = query.text("sendInitialEvents") !== undefined;
  if (initial && match !== "NotOlderThan") {
    errors.push(FieldError.forbidden(MATCH, `sendInitialEvents requires setting ${MATCH} to NotOlderThan`));
  }
  const isContinued = query.text("continue") !== undefined;
  if (match === undefined) {
    // As upstream, where a watch that begins with the present objects is given the match that such a watch needs.
    const beginsWithObjects = !initial && (query.text("resourceVersion") ?? "0") === "0";
    if (isContinued && beginsWithObjects) errors.push(forbiddenWithContinue);
    return errors;
  }
  if (!initial) {
    errors.push(FieldError.forbidden(MATCH, `${MATCH} is forbidden for watch unless sendInitialEvents is provided`));
  }
  if (match !== "NotOlderThan") errors.push(FieldError.notSupported(MATCH, match, ["NotOlderThan"]));
  if (isContinued) errors.push(forbiddenWithContinue);
  return errors;
}

const forbiddenWithContinue = FieldError.forbidden(MATCH, `${MATCH} is forbidden when continue is provided`);

function mustBeValid(errors: readonly FieldError[]): void {
  if (errors.length > 0) throw invalid({ group: "meta.k8s.io", kind: "ListOptions" }, "", errors);
}

/**
 * A name, which a watch can have in its path or its selector, counts as a selector always: whoever is allowed one object by its name must
 * see no other.
 */
function selection(query: Query, { namespace, name }: Target): Omit<ListRequest, "limit" | "continue"> {
  const asked = query.text("fieldSelector");
  const term = new FieldSelector([{ field: "metadata.name", value: name, negated: false }]).toString();
  const fieldSelector = name === "" || asked === term ? asked : [asked, term].filter(Boolean).join(",");
  return {
    namespace,
    ...optional("labelSelector", query.text("labelSelector")),
    ...optional("fieldSelector", fieldSelector),
    ...optional("resourceVersion", query.text("resourceVersion")),
    ...optional("resourceVersionMatch", query.text("resourceVersionMatch")),
  };
}

function optional<K extends string>(key: K, value: string | undefined): { [P in K]?: string } {
  return (value === undefined ? {} : { [key]: value }) as { [P in K]?: string };
}

const fieldValidations = ["", "Ignore", "Strict", "Warn"];

/** `kind` names the options in the error: `CreateOptions`, `PatchOptions`, `UpdateOptions`. */
export function writeOptions(query: Query, kind: string, userAgent: string | undefined): WriteOptions {
  return checkedOptions(query, kind, userAgent, []);
}

/** `errors` were found before. */
function checkedOptions(
  query: Query,
  kind: string,
  userAgent: string | undefined,
  errors: FieldError[],
): WriteOptions {
  const manager = query.text("fieldManager");
  if (manager !== undefined) checkFieldManager(manager, errors);
  const dryRun = dryRunOf(query.parameters.getAll("dryRun"), errors);
  const fieldValidation = query.text("fieldValidation") ?? "Warn";
  requireOneOf(fieldValidations, fieldValidation, "fieldValidation", errors);
  if (errors.length > 0) throw invalid({ group: "meta.k8s.io", kind }, "", errors);
  return {
    dryRun,
    fieldManager: manager ?? managerOfAgent(userAgent),
    fieldValidation: fieldValidation as FieldValidation,
  };
}

const maxFieldManager = 128;

function checkFieldManager(manager: string, errors: FieldError[]): void {
  const path = root("fieldManager");
  const bytes = (text: string) => new TextEncoder().encode(text).length;
  if (bytes(manager) > maxFieldManager) errors.push(FieldError.tooLong(path, maxFieldManager));
  const unprintable = /[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.exec(manager);
  if (unprintable === null) return;
  const code = unprintable[0].codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0");
  const position = bytes(manager.slice(0, unprintable.index));
  errors.push(FieldError.invalid(path, manager, `invalid character U+${code} (at position ${position})`));
}

/** Who does not say which manager it is, is known by the name of its program. */
function managerOfAgent(userAgent: string | undefined): string {
  const [name] = (userAgent || "unknown").split("/") as [string];
  return [...name].filter((c) => /[\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.test(c)).join("").slice(0, maxFieldManager);
}

/** {@linkcode writeOptions} of a patch, with those that only an apply has. */
export function patchOptions(query: Query, type: PatchRequest["type"], userAgent: string | undefined): WriteOptions {
  const force = query.parameters.get("force");
  const errors: FieldError[] = [];
  if (type !== "apply") {
    if (force !== null) {
      errors.push(FieldError.forbidden(root("force"), "may not be specified for non-apply patch"));
    }
  } else if (query.text("fieldManager") === undefined) {
    errors.push(FieldError.required(root("fieldManager"), "is required for apply patch"));
  }
  return { ...checkedOptions(query, "PatchOptions", userAgent, errors), force: isTrue(force) };
}

export function givenDeleteOptions(query: Query): GivenDeleteOptions {
  const gracePeriodSeconds = query.optionalInteger("gracePeriodSeconds");
  const propagationPolicy = query.parameters.get("propagationPolicy");
  const orphanDependents = query.parameters.get("orphanDependents");
  return {
    dryRun: query.parameters.getAll("dryRun"),
    ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
    ...(propagationPolicy === null ? {} : { propagationPolicy }),
    ...(orphanDependents === null ? {} : { orphanDependents: isTrue(orphanDependents) }),
  };
}

function requireOneOf(allowed: readonly string[], value: string, name: string, errors: FieldError[]): void {
  if (!allowed.includes(value)) errors.push(FieldError.notSupported(root(name), value, allowed));
}
