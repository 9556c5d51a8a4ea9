import type { Buffer } from "node:buffer";
import type { Expected } from "../../../api/codec/decode.ts";
import { jsonFault } from "../../../api/codec/json_fault.ts";
import type { DecodeError } from "../../../api/codec/problem.ts";
import { schema } from "../../../api/schema/schema.ts";

/** Of a body that is no object at all its beginning is shown, in bytes. */
const shownBytes = 30;

/** Why a body is no object of the expected kind, in upstream's words as far as Go's decoders have any. `named`: the expected kind is told. */
export function refusalOf(
  error: DecodeError,
  body: Buffer,
  contentType: string,
  expected: Expected,
  named: boolean,
): string {
  if (error.reason === "WrongType") return cannotBeHandled(expected, error.message);
  if (error.reason === "WrongKind" && error.found) {
    const why = wrongKind(error.found, expected);
    return named ? cannotBeHandled(expected, why, error.found) : why;
  }
  if (error.reason !== "Syntax") return error.message;
  const why = faults[contentType]?.(body, error.message) ?? error.message;
  return named
    ? `the object provided is unrecognized (must be of type ${expected.kind}): ${why} (${beginning(body)})`
    : why;
}

const protobufPrefix = [0x6b, 0x38, 0x73, 0x00];

/** What is wrong with a text or with bytes, by media type; undefined where the decoder's own words have to do. */
const faults: Readonly<Record<string, (body: Buffer, message: string) => string | undefined>> = {
  "application/json"(body) {
    const fault = jsonFault(body.toString("utf8"));
    return fault && `couldn't get version/kind; json parse error: ${fault}`;
  },
  "application/vnd.kubernetes.protobuf"(body, message) {
    if (body.length === 0) return "empty data";
    if (protobufPrefix.every((byte, at) => body[at] === byte)) {
      return /\bindex out of range\b/.test(message) ? "unexpected EOF" : undefined;
    }
    return `provided data does not appear to be a protobuf message, expected prefix [${protobufPrefix.join(" ")}]`;
  },
};

/** `found`: what the body says it is, where that is something else. */
export function cannotBeHandled(
  { apiVersion = "", kind = "" }: Expected,
  why: string,
  found: { readonly apiVersion: string; readonly kind: string } = { apiVersion, kind },
): string {
  const version = JSON.stringify(found.apiVersion.slice(found.apiVersion.indexOf("/") + 1));
  return `${found.kind} in version ${version} cannot be handled as a ${kind}: ${why}`;
}

function wrongKind({ apiVersion, kind }: { readonly apiVersion: string; readonly kind: string }, expected: Expected) {
  if (schema.ofKind(apiVersion, kind) === undefined || expected.anyVersion) {
    return `no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)}`;
  }
  const version = apiVersion.slice(apiVersion.indexOf("/") + 1);
  return `converting (${version}.${kind}) to (${
    packageOf(expected.apiVersion ?? "")
  }.${expected.kind}): unknown conversion`;
}

/** The name that upstream's sources have for an API group: its first word. */
function packageOf(apiVersion: string): string {
  return apiVersion.includes("/") ? apiVersion.split(/[./]/)[0]! : "core";
}

/** A text as it stands, anything else in hexadecimal digits. */
function beginning(body: Buffer): string {
  if (body.length === 0) return "<empty>";
  const shown = body.subarray(0, shownBytes).toString(body[0] === 0x7b ? "utf8" : "hex");
  return body.length > shownBytes ? `${shown} ...` : shown;
}
