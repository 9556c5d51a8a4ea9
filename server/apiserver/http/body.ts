import { Buffer } from "node:buffer";
import { DecodeError } from "../../../api/codec/problem.ts";
import { decodeJSON } from "../../../api/codec/json.ts";
import type { DecodedObject, Expected } from "../../../api/codec/decode.ts";
import {
  badRequest,
  requestEntityTooLarge,
  type StatusError,
  timeout,
  unsupportedMediaType,
} from "../../../api/status.ts";
import type { FieldValidation } from "../contract.ts";
import type { Call } from "./call.ts";
import type { HttpRequest } from "./message.ts";

/** Upstream's limit. */
export const BODY_LIMIT = 3 * 1024 * 1024;
const BODY_TIMEOUT = 60_000;
const DISCARD_LIMIT = 32 * 1024 * 1024;

/** The whole body as text. 413 beyond the limit, 504 for one that does not end, 400 for one that is cut off. */
export function readBody(request: HttpRequest): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  if (Number(request.headers["content-length"] ?? 0) > BODY_LIMIT) {
    reject(tooLarge());
    return promise;
  }
  const chunks: Buffer[] = [];
  let length = 0;
  const timer = setTimeout(() => finish(timeout("the request's body did not end in time")), BODY_TIMEOUT);
  const onData = (chunk: Buffer) => {
    length += chunk.length;
    if (length > BODY_LIMIT) finish(tooLarge());
    else chunks.push(chunk);
  };
  const onEnd = () => finish();
  const onClose = () => finish(badRequest("the connection was closed before the request's body ended"));
  const finish = (error?: StatusError) => {
    clearTimeout(timer);
    request.off("data", onData);
    request.off("end", onEnd);
    request.off("close", onClose);
    if (error) reject(error);
    else resolve((chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)).toString("utf8"));
  };
  request.on("data", onData);
  request.on("end", onEnd);
  request.on("close", onClose);
  return promise;
}

/**
 * Reads on to the end of a body that nobody wants, so that its sender comes to read the refusal: a connection cut while it still
 * sends would hide it. There is an end to this patience.
 */
export function discardBody(request: HttpRequest): void {
  let length = 0;
  request.on("data", (chunk: Uint8Array) => {
    length += chunk.length;
    if (length > DISCARD_LIMIT) request.destroy();
  });
  request.resume();
}

function tooLarge(): StatusError {
  return requestEntityTooLarge(`limit is ${BODY_LIMIT}`);
}

/** Without parameters; JSON where there is none. */
export function contentTypeOf(request: HttpRequest): string {
  const header = request.headers["content-type"];
  return header === undefined ? "application/json" : header.split(";")[0]!.trim().toLowerCase();
}

/**
 * An object of the expected kind, from JSON or YAML. What the schema does not know is refused, warned of or dropped, as
 * `fieldValidation` says. 400 for anything that is no such object.
 */
export async function readObject(call: Call, expected: Expected, validation: FieldValidation): Promise<DecodedObject> {
  const type = contentTypeOf(call.request);
  if (type !== "application/json" && type !== "application/yaml" && type !== "*/*") {
    throw unsupportedMediaType(["application/json", "application/yaml"]);
  }
  const text = await readBody(call.request);
  if (text === "") throw badRequest("the request has no body: an object is expected");
  return decodeObject(call, text, type === "application/yaml", expected, validation);
}

export async function decodeObject(
  call: Pick<Call, "warn">,
  text: string,
  yaml: boolean,
  expected: Expected,
  validation: FieldValidation,
): Promise<DecodedObject> {
  try {
    const { object, problems } = yaml
      ? await decodeOneYAML(text, expected)
      : decodeJSON(text, expected, { duplicates: validation !== "Ignore" });
    if (problems.length > 0 && validation === "Strict") {
      throw badRequest(
        cannotBeHandled(expected, `strict decoding error: ${problems.map((p) => p.message).join(", ")}`),
      );
    }
    if (validation === "Warn") { for (const problem of problems) call.warn(problem.message); }
    return object;
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    if (error.reason === "TooLarge") throw requestEntityTooLarge(error.message);
    throw badRequest(error.reason === "WrongType" ? cannotBeHandled(expected, error.message) : error.message);
  }
}

async function decodeOneYAML(text: string, expected: Expected) {
  const { decodeYAML } = await import("../../../api/codec/yaml.ts");
  const documents = decodeYAML(text, expected);
  const [first] = documents;
  if (first === undefined || documents.length > 1) {
    throw badRequest(`the body must hold one YAML document, found ${documents.length}`);
  }
  return first;
}

function cannotBeHandled({ apiVersion = "", kind = "" }: Expected, why: string): string {
  const version = apiVersion.slice(apiVersion.indexOf("/") + 1);
  return `${kind} in version ${JSON.stringify(version)} cannot be handled as a ${kind}: ${why}`;
}
