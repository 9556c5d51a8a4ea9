import { Buffer, isUtf8 } from "node:buffer";
import { DecodeError, type Problem } from "../../../api/codec/problem.ts";
import { decodeJSON } from "../../../api/codec/json.ts";
import type { Decoded, DecodedObject, Expected } from "../../../api/codec/decode.ts";
import {
  badRequest,
  requestEntityTooLarge,
  type StatusError,
  timeout,
  unsupportedMediaType,
} from "../../../api/status.ts";
import type { FieldValidation } from "../contract.ts";
import { Deadlines } from "./body_deadlines.ts";
import type { Call } from "./call.ts";
import { alreadySet } from "./configuration.ts";
import { cannotBeHandled, refusalOf } from "./body_refusal.ts";
import type { HttpRequest } from "./message.ts";

/** Upstream's limit. */
export const BODY_LIMIT = 3 * 1024 * 1024;
const deadlines = new Deadlines(60_000);
const DISCARD_LIMIT = 32 * 1024 * 1024;

/** The whole body. 413 beyond the limit, 504 for one that does not end, 400 for one that is cut off. */
export function readBody(request: HttpRequest): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  if (Number(request.headers["content-length"] ?? 0) > BODY_LIMIT) {
    reject(tooLarge());
    return promise;
  }
  const chunks: Buffer[] = [];
  let length = 0;
  const expire = () => finish(timeout("the request's body did not end in time"));
  deadlines.add(expire);
  const onData = (chunk: Buffer) => {
    length += chunk.length;
    if (length > BODY_LIMIT) finish(tooLarge());
    else chunks.push(chunk);
  };
  const onEnd = () => finish();
  const onClose = () => finish(badRequest("the connection was closed before the request's body ended"));
  const finish = (error?: StatusError) => {
    deadlines.remove(expire);
    request.off("data", onData);
    request.off("end", onEnd);
    request.off("close", onClose);
    if (error) reject(error);
    else resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks));
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
  return header === undefined || header === "" ? "application/json" : header.split(";")[0]!.trim().toLowerCase();
}

type Decode = (body: Buffer, expected: Expected, duplicates: boolean) => Decoded | Promise<Decoded>;

/** By media type. YAML and protobuf are imported by the first client that sends them. */
const decoders: Readonly<Record<string, Decode>> = {
  "application/json": (body, expected, duplicates) => decodeJSON(body.toString("utf8"), expected, { duplicates }),
  "application/yaml": decodeOneYAML,
  "application/vnd.kubernetes.protobuf": async (body, expected) => {
    const { decodeProtobuf } = await import("../../../api/codec/protobuf.ts");
    return decodeProtobuf(body, expected);
  },
};

/** What decodes the request's body; 415 for a media type that nothing decodes. */
function decoderOf(request: HttpRequest): Decode {
  const type = contentTypeOf(request);
  const decode = Object.hasOwn(decoders, type) ? decoders[type] : undefined;
  if (decode === undefined) throw unsupportedMediaType(Object.keys(decoders));
  return decode;
}

/**
 * An object of the expected kind, from JSON, YAML or protobuf. What the schema does not know is refused, warned of or dropped, as
 * `fieldValidation` says. 400 for anything that is no such object.
 */
export async function readObject(call: Call, expected: Expected, validation: FieldValidation): Promise<DecodedObject> {
  return await decodeBody(call, await readBody(call.request), expected, validation, true);
}

/** The same for DeleteOptions, which may be left out and be of any version: undefined without a body. */
export async function readOptionalObject(
  call: Pick<Call, "warn" | "request">,
  expected: Expected,
  validation: FieldValidation,
): Promise<DecodedObject | undefined> {
  const body = await readBody(call.request);
  return body.length === 0 ? undefined : await decodeBody(call, body, expected, validation, false);
}

/** `named`: refusals tell the kind that was expected. */
async function decodeBody(
  call: Pick<Call, "warn" | "request">,
  body: Buffer,
  expected: Expected,
  validation: FieldValidation,
  named: boolean,
): Promise<DecodedObject> {
  const decode = decoderOf(call.request);
  try {
    const { object, problems } = await decode(body, expected, validation !== "Ignore");
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
    throw badRequest(refusalOf(error, body, contentTypeOf(call.request), expected, named));
  }
}

async function decodeOneYAML(body: Buffer, expected: Expected) {
  // A text in another encoding would be stored with marks in place of its letters.
  if (!isUtf8(body)) throw new DecodeError("Syntax", "invalid YAML: its text is not UTF-8");
  const { decodeYAML } = await import("../../../api/codec/yaml.ts");
  const text = body.toString("utf8");
  // Of several documents the first one counts; none is an empty object.
  const decoded = decodeYAML(text, expected)[0] ?? decodeYAML("{}", expected)[0]!;
  return { ...decoded, problems: inWordsOfYAML(decoded.problems) };
}

/** Keys that are there twice come first, as the parser of the text finds them. */
function inWordsOfYAML(problems: readonly Problem[]): Problem[] {
  const isDouble = ({ kind }: Problem) => kind === "duplicate";
  return [
    ...problems.filter(isDouble).map((problem) => ({ ...problem, message: alreadySet(problem) })),
    ...problems.filter((problem) => !isDouble(problem)),
  ];
}
