import type { Status, StatusCause, StatusDetails } from "./types/meta_v1.ts";
import { aggregate, type FieldError } from "./meta/field.ts";

/** The values of `Status.reason`; clients branch on them before they look at the code. */
export type StatusReason =
  | "Unauthorized"
  | "Forbidden"
  | "NotFound"
  | "AlreadyExists"
  | "Conflict"
  | "Gone"
  | "Invalid"
  | "ServerTimeout"
  | "StoreReadError"
  | "Timeout"
  | "TooManyRequests"
  | "BadRequest"
  | "MethodNotAllowed"
  | "NotAcceptable"
  | "RequestEntityTooLarge"
  | "UnsupportedMediaType"
  | "InternalError"
  | "Expired"
  | "ServiceUnavailable";

/** What an error is about. A `Resource` constant of `api/resources.ts` is one. */
export interface GroupResource {
  readonly group: string;
  readonly resource: string;
}

/** The kind an invalid object has. A `Resource` constant is one too. */
export interface GroupKind {
  readonly group: string;
  readonly kind: string;
}

/** An error that knows its HTTP answer. Thrown by the server's parts, and by clients for every answer that is not a success. */
export class StatusError extends Error {
  readonly status: Status;

  constructor(status: Status, options?: ErrorOptions) {
    super(status.message ?? "", options);
    this.name = "StatusError";
    this.status = status;
  }

  /** The HTTP status code. */
  get code(): number {
    return this.status.code ?? 500;
  }

  /** One of {@linkcode StatusReason} for errors made here; whatever it sent for another server's. `""` when unknown. */
  get reason(): string {
    return this.status.reason ?? "";
  }
}

function failure(code: number, reason: StatusReason, message: string, details?: StatusDetails): StatusError {
  return new StatusError(failureStatus(code, reason, message, details));
}

function failureStatus(code: number, reason: StatusReason | "", message: string, details?: StatusDetails): Status {
  return {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    message,
    ...(reason === "" ? {} : { reason }),
    ...(details === undefined ? {} : { details }),
    code,
  };
}

/** Upstream leaves empty strings and zeroes out of `details`, and so do we. */
function detailsOf(group: string, kind: string, name: string, retryAfterSeconds = 0): StatusDetails {
  return {
    ...(name === "" ? {} : { name }),
    ...(group === "" ? {} : { group }),
    ...(kind === "" ? {} : { kind }),
    ...(retryAfterSeconds > 0 ? { retryAfterSeconds } : {}),
  };
}

function about(resource: GroupResource, name: string, retryAfterSeconds = 0): StatusDetails {
  return detailsOf(resource.group, resource.resource, name, retryAfterSeconds);
}

function qualified(name: string, group: string): string {
  return group === "" ? name : `${name}.${group}`;
}

function printed(resource: GroupResource): string {
  return qualified(resource.resource, resource.group);
}

function quote(name: string): string {
  return JSON.stringify(name);
}

export function notFound(resource: GroupResource, name: string): StatusError {
  return failure(404, "NotFound", `${printed(resource)} ${quote(name)} not found`, about(resource, name));
}

/** No such URL: a group, version or resource that is not served. */
export function unknownEndpoint(): StatusError {
  return failure(404, "NotFound", "the server could not find the requested resource", {});
}

/** `before` opens the message. */
export function alreadyExists(resource: GroupResource, name: string, before = ""): StatusError {
  const message = `${before}${printed(resource)} ${quote(name)} already exists`;
  return failure(409, "AlreadyExists", message, about(resource, name));
}

/** Several names made from one `generateName` were all taken; the client may try again. */
export function generateNameConflict(resource: GroupResource, name: string, retryAfterSeconds = 1): StatusError {
  const message = `${printed(resource)} ${
    quote(name)
  } already exists, the server was not able to generate a unique name for the object`;
  return failure(409, "AlreadyExists", message, about(resource, name, retryAfterSeconds));
}

/** The detail that kubectl and client-go's users know for a stale `resourceVersion`. */
export const staleObject =
  "the object has been modified; please apply your changes to the latest version and try again";

export function conflict(resource: GroupResource, name: string, detail: string = staleObject): StatusError {
  const message = `Operation cannot be fulfilled on ${printed(resource)} ${quote(name)}: ${detail}`;
  return failure(409, "Conflict", message, about(resource, name));
}

/** 422 with one cause for each error. */
export function invalid(kind: GroupKind, name: string, errors: readonly FieldError[]): StatusError {
  const causes = errors.map((error): StatusCause => ({
    reason: error.type,
    message: error.body(),
    field: error.field,
  }));
  const subject = `${qualified(kind.kind, kind.group)} ${quote(name)} is invalid`;
  const message = errors.length === 0 ? subject : `${subject}: ${aggregate(errors)}`;
  return failure(422, "Invalid", message, {
    ...detailsOf(kind.group, kind.kind, name),
    ...(causes.length === 0 ? {} : { causes }),
  });
}

/** 422 for a well-formed request whose content cannot be carried out, such as a JSON patch whose `test` fails. */
export function unprocessable(detail: string): StatusError {
  return failure(422, "Invalid", `the server rejected our request due to an error in our request: ${detail}`, {});
}

export function badRequest(message: string): StatusError {
  return failure(400, "BadRequest", message);
}

export function unauthorized(message = "Unauthorized"): StatusError {
  return failure(401, "Unauthorized", message);
}

/** `detail` says who may not do what; `resource` is absent for a URL outside the API's resources. */
export function forbidden(resource: GroupResource | undefined, name: string, detail: string): StatusError {
  if (resource === undefined) return failure(403, "Forbidden", `forbidden: ${detail}`, {});
  const subject = name === "" ? printed(resource) : `${printed(resource)} ${quote(name)}`;
  return failure(403, "Forbidden", `${subject} is forbidden: ${detail}`, about(resource, name));
}

/** `action` is the verb that the resource lacks: `delete`. */
export function methodNotSupported(resource: GroupResource, action: string): StatusError {
  const message = `${action} is not supported on resources of kind ${quote(printed(resource))}`;
  return failure(405, "MethodNotAllowed", message, about(resource, ""));
}

/** 405 for a URL that is served, but not with this HTTP method. */
export function methodNotAllowed(): StatusError {
  return failure(405, "MethodNotAllowed", "the server does not allow this method on the requested resource", {});
}

export function notAcceptable(offered: readonly string[]): StatusError {
  return failure(
    406,
    "NotAcceptable",
    `only the following media types are accepted: ${offered.join(", ")}`,
  );
}

/** Without `offered` the router's own words, which name nothing. */
export function unsupportedMediaType(offered?: readonly string[]): StatusError {
  const message = offered === undefined
    ? "415: Unsupported Media Type"
    : `the body of the request was in an unknown format - accepted media types include: ${offered.join(", ")}`;
  return failure(415, "UnsupportedMediaType", message);
}

/** 410 for a watch or a continue token whose revision is compacted away: the client lists anew. */
export function expired(message: string): StatusError {
  return failure(410, "Expired", message);
}

/** {@linkcode expired} for a `resourceVersion` older than what is still held. */
export function resourceVersionTooOld(requested: string | number, oldest: string | number): StatusError {
  return expired(`too old resource version: ${requested} (${oldest})`);
}

export function gone(message: string): StatusError {
  return failure(410, "Gone", message);
}

/** 504 for a `resourceVersion` that has not been reached yet; the cause tells clients to fall back to a fresh list. */
export function resourceVersionTooLarge(
  requested: string | number,
  current: string | number,
  retryAfterSeconds = 1,
): StatusError {
  return failure(504, "Timeout", `Timeout: Too large resource version: ${requested}, current: ${current}`, {
    causes: [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }],
    retryAfterSeconds,
  });
}

export function tooManyRequests(message: string, retryAfterSeconds = 1): StatusError {
  return failure(429, "TooManyRequests", message, detailsOf("", "", "", retryAfterSeconds));
}

export function requestEntityTooLarge(detail: string): StatusError {
  return failure(413, "RequestEntityTooLarge", `Request entity too large: ${detail}`);
}

/** `message` is shown to the client: no stack, no path, no secret. The real error goes into `cause`, for the log. */
export function internal(message: string, cause?: unknown): StatusError {
  const status = failureStatus(500, "InternalError", `Internal error occurred: ${message}`, { causes: [{ message }] });
  return new StatusError(status, { cause });
}

export function serviceUnavailable(message: string, retryAfterSeconds = 0): StatusError {
  const details = retryAfterSeconds > 0 ? detailsOf("", "", "", retryAfterSeconds) : undefined;
  return failure(503, "ServiceUnavailable", message, details);
}

/** 504: the request ran out of time and may still complete. */
export function timeout(detail: string, retryAfterSeconds = 0): StatusError {
  return failure(504, "Timeout", `Timeout: ${detail}`, detailsOf("", "", "", retryAfterSeconds));
}

/** A transient inability; the client should try the same again. `operation` is the verb: `create`. */
export function serverTimeout(resource: GroupResource, operation: string, retryAfterSeconds = 1): StatusError {
  const message = `The ${operation} operation against ${
    printed(resource)
  } could not be completed at this time, please try again.`;
  return failure(500, "ServerTimeout", message, about(resource, operation, retryAfterSeconds));
}

/**
 * What to answer for anything that was thrown. Errors that are not a {@linkcode StatusError} become a 500 without a word of
 * their own text: it may name files, queries or secrets. Log the original.
 */
export function statusFrom(error: unknown): Status {
  if (error instanceof StatusError) return error.status;
  if (error instanceof DOMException && error.name === "TimeoutError") {
    return timeout("request did not complete within the allotted time").status;
  }
  return internal("the request failed for a reason that is in the server's log").status;
}

const reasonsByCode: ReadonlyMap<number, readonly [StatusReason, string]> = new Map([
  [400, ["BadRequest", "the server rejected the request"]],
  [401, ["Unauthorized", "the server asks for credentials"]],
  [403, ["Forbidden", "the server refuses the request"]],
  [404, ["NotFound", "the server does not have the requested resource"]],
  [405, ["MethodNotAllowed", "the server does not allow this method on the requested resource"]],
  [406, ["NotAcceptable", "the server has no content type that the client accepts"]],
  [409, ["Conflict", "the server reported a conflict"]],
  [410, ["Gone", "the requested resource is gone"]],
  [413, ["RequestEntityTooLarge", "the request is too large for the server"]],
  [415, ["UnsupportedMediaType", "the server does not understand the content type of the request"]],
  [422, ["Invalid", "the server could not process the content of the request"]],
  [429, ["TooManyRequests", "the server has received too many requests"]],
  [500, ["InternalError", "the server failed"]],
  [503, ["ServiceUnavailable", "the server cannot handle the request now"]],
  [504, ["Timeout", "the server ran out of time"]],
]);

/**
 * The error for an answer whose body is no `Status`, as a proxy in between may send one. `body` is quoted, cut at 1024
 * characters.
 */
export function unexpectedResponse(code: number, body: string, retryAfterSeconds = 0): StatusError {
  const known = reasonsByCode.get(code) ?? (code >= 500 ? reasonsByCode.get(500) : undefined);
  const [reason, words] = known ?? ["" as const, "the server gave an unexpected answer"];
  const shown = body.length > 1024 ? `${body.slice(0, 1024)}…` : body;
  const message = `${words} (HTTP ${code}${shown === "" ? "" : `: ${shown}`})`;
  return new StatusError(failureStatus(code, reason, message, {
    causes: [{ reason: "UnexpectedServerResponse", message: shown === "" ? "unknown" : shown }],
    ...(retryAfterSeconds > 0 ? { retryAfterSeconds } : {}),
  }));
}

function hasReason(error: unknown, ...reasons: StatusReason[]): boolean {
  return error instanceof StatusError && (reasons as string[]).includes(error.reason);
}

export function isNotFound(error: unknown): error is StatusError {
  return hasReason(error, "NotFound");
}

export function isAlreadyExists(error: unknown): error is StatusError {
  return hasReason(error, "AlreadyExists");
}

export function isConflict(error: unknown): error is StatusError {
  return hasReason(error, "Conflict");
}

export function isInvalid(error: unknown): error is StatusError {
  return hasReason(error, "Invalid");
}

/** Both forms of 410: the client must list anew. */
export function isExpired(error: unknown): error is StatusError {
  return hasReason(error, "Expired", "Gone");
}

export function isForbidden(error: unknown): error is StatusError {
  return hasReason(error, "Forbidden");
}

export function isUnauthorized(error: unknown): error is StatusError {
  return hasReason(error, "Unauthorized");
}

export function isTooManyRequests(error: unknown): error is StatusError {
  return error instanceof StatusError && error.code === 429;
}

/** Errors of the moment: the same request may succeed later, nothing in it is wrong. */
export function isTransient(error: unknown): error is StatusError {
  return hasReason(error, "ServerTimeout", "Timeout", "TooManyRequests", "ServiceUnavailable", "InternalError");
}

/** Milliseconds that the server asks to wait; undefined when it does not say. */
export function suggestedDelay(error: unknown): number | undefined {
  const seconds = error instanceof StatusError ? error.status.details?.retryAfterSeconds ?? 0 : 0;
  return seconds > 0 ? seconds * 1000 : undefined;
}
