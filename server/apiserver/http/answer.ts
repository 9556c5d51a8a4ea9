import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import type { OutgoingHttpHeaders } from "node:http";
import { constants, createGzip, type Gzip } from "node:zlib";
import type { DecodedObject } from "../../../api/codec/decode.ts";
import type { Status } from "../../../api/types/meta_v1.ts";
import type { Call } from "./call.ts";
import type { HttpRequest, HttpResponse } from "./message.ts";
import { Query } from "./query.ts";
import type { RequestInfo } from "./request_info.ts";
import { formatOfError, mediaTypes, type Representation } from "./negotiate.ts";

/** Upstream compresses from this size on. */
const GZIP_FROM = 128 * 1024;
/** Warnings of one answer together, as upstream limits them: headers are no place for more. */
const WARNING_LIMIT = 4096;

/** The media type of plain words. */
export const TEXT = "text/plain; charset=utf-8";
/** Keeps browsers from taking words for a page. */
export const noSniff: Readonly<Record<string, string>> = { "x-content-type-options": "nosniff" };

/** JSON text in the form that the client asked for. */
export async function sendJSON(
  call: Call,
  code: number,
  text: string,
  format: Representation["format"],
): Promise<void> {
  if (format !== "json") return send(call, code, mediaTypes[format], await encodeAs(format, JSON.parse(text)));
  const pretty = wantsPretty(call.request, call.info);
  return send(
    call,
    code,
    mediaTypes.json,
    pretty ? indented(JSON.parse(text)) : text.endsWith("\n") ? text : `${text}\n`,
  );
}

function indented(value: unknown): string {
  return JSON.stringify(value, null, 2);
}

/** The codecs are imported by the first who asks for them. */
async function encodeAs(format: "yaml" | "protobuf", object: unknown): Promise<string | Uint8Array> {
  if (format === "yaml") return (await import("../../../api/codec/yaml.ts")).encodeYAML(object);
  // Lists of what is served name no version, though their protobuf is of one.
  const versioned = { apiVersion: "v1", ...object as object } as DecodedObject;
  return (await import("../../../api/codec/protobuf_encode.ts")).encodeProtobuf(versioned);
}

/** One text, or bytes, as the whole answer. */
export function send(
  call: Call,
  code: number,
  contentType: string,
  text: string | Uint8Array,
  headers?: OutgoingHttpHeaders,
): void | Promise<void> {
  if (text.length >= GZIP_FROM && wantsGzip(call)) return sendPieces(call, code, contentType, [text], headers);
  const length = Buffer.byteLength(text);
  call.response.writeHead(code, { ...headersOf(call, contentType), "content-length": length, ...headers });
  call.response.end(text);
}

/** A long answer in pieces, none of which is made before the client has taken the ones before. */
export async function sendPieces(
  call: Call,
  code: number,
  contentType: string,
  pieces: Iterable<string | Uint8Array>,
  headers?: OutgoingHttpHeaders,
): Promise<void> {
  const { response } = call;
  const gzip = wantsGzip(call);
  response.writeHead(code, {
    ...headersOf(call, contentType),
    ...(gzip ? { "content-encoding": "gzip", vary: "accept-encoding" } : {}),
    ...headers,
  });
  if (!gzip) {
    for (const piece of pieces) {
      if (!response.write(piece) && !await drained(response)) return;
    }
    response.end();
    return;
  }
  await compressed(response, pieces);
}

/** Level 1, in the thread pool: the least delay, and the event loop is free. */
async function compressed(response: HttpResponse, pieces: Iterable<string | Uint8Array>): Promise<void> {
  const gzip = createGzip({ level: constants.Z_BEST_SPEED });
  const finished = Promise.withResolvers<void>();
  gzip.on("data", (chunk: Uint8Array) => {
    if (response.write(chunk)) return;
    gzip.pause();
    void drained(response).then((alive) => alive ? gzip.resume() : gzip.destroy());
  });
  gzip.on("end", () => response.end());
  gzip.on("close", () => finished.resolve());
  gzip.on("error", (error) => finished.reject(error));
  for (const piece of pieces) {
    if (gzip.destroyed) break;
    if (!gzip.write(piece)) await drained(gzip);
  }
  gzip.end();
  await finished.promise;
}

/** False when it was closed instead. */
function drained(stream: HttpResponse | Gzip): Promise<boolean> {
  if (stream.destroyed) return Promise.resolve(false);
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const done = () => {
    stream.off("drain", done);
    stream.off("close", closed);
    resolve(true);
  };
  const closed = () => {
    stream.off("drain", done);
    stream.off("close", closed);
    resolve(false);
  };
  stream.on("drain", done);
  stream.on("close", closed);
  return promise;
}

/** What seldom changes, and the tag that tells whether it did. */
export interface Document {
  readonly text: string | Uint8Array;
  readonly etag: string;
}

export function documentOf(value: unknown): Document {
  const text = JSON.stringify(value);
  return { text, etag: `"${createHash("sha256").update(text).digest("hex").toUpperCase()}"` };
}

/** 304 for a client that has it. */
export function sendDocument(call: Call, { text, etag }: Document, contentType: string): void | Promise<void> {
  const headers = { etag, vary: "Accept", "cache-control": "public" };
  if (call.request.headers["if-none-match"] === etag) {
    call.response.writeHead(304, headers);
    call.response.end();
    return;
  }
  return send(call, 200, contentType, text, headers);
}

export interface StatusOptions {
  /** The header of that name, which names the format; JSON when it names none. */
  readonly accept?: string | undefined;
  readonly pretty?: boolean;
  readonly headers?: OutgoingHttpHeaders;
}

/** Every error ends here. */
export function sendStatus(
  call: Pick<Call, "response" | "warnings">,
  status: Status,
  { accept, pretty = false, headers = {} }: StatusOptions = {},
): void {
  const format = formatOfError(accept);
  const write = (contentType: string, body: string | Uint8Array) =>
    writeStatus(call, status, contentType, body, headers);
  if (format === "json") {
    return write(mediaTypes.json, pretty ? indented(status) : `${JSON.stringify(status)}\n`);
  }
  encodeAs(format, status).catch(() => undefined).then((body) => {
    // Who has left meanwhile is not told.
    if (call.response.destroyed) return;
    if (body === undefined) write(mediaTypes.json, JSON.stringify(status));
    else write(mediaTypes[format], body);
  }).catch(() => call.response.destroy());
}

function writeStatus(
  call: Pick<Call, "response" | "warnings">,
  status: Status,
  contentType: string,
  body: string | Uint8Array,
  headers: OutgoingHttpHeaders,
): void {
  const retryAfter = status.details?.retryAfterSeconds;
  call.response.writeHead(status.code ?? 500, {
    ...headersOf(call, contentType),
    "content-length": Buffer.byteLength(body),
    ...(retryAfter ? { "retry-after": String(retryAfter) } : {}),
    ...headers,
  });
  call.response.end(body);
}

/** What upstream says in plain text, outside the API: the words, and that they are no page to look at. */
export function sendPlainError(call: Pick<Call, "response" | "warnings">, code: number, text: string): void {
  const body = `${text}\n`;
  call.response.writeHead(code, {
    ...headersOf(call, TEXT),
    "content-length": Buffer.byteLength(body),
    ...noSniff,
  });
  call.response.end(body);
}

function headersOf(call: Pick<Call, "warnings">, contentType: string): OutgoingHttpHeaders {
  const headers: Record<string, string | string[]> = {
    "content-type": contentType,
    "cache-control": "no-cache, private",
  };
  if (call.warnings.length > 0) headers["warning"] = warningHeaders(call.warnings);
  return headers;
}

function warningHeaders(warnings: readonly string[]): string[] {
  const headers: string[] = [];
  let length = 0;
  for (const text of new Set(warnings)) {
    length += text.length;
    if (length > WARNING_LIMIT) break;
    // deno-lint-ignore no-control-regex
    const printable = text.replace(/[\x00-\x1f\x7f]/g, " ").replace(/[^\x20-\x7e]/g, "?");
    headers.push(`299 - "${printable.replace(/["\\]/g, "\\$&")}"`);
  }
  return headers;
}

/** Not over the loopback: there, compressing takes longer than sending. */
function wantsGzip(call: Call): boolean {
  const accepted = call.request.headers["accept-encoding"];
  return typeof accepted === "string" && /\bgzip\b/.test(accepted) && !isLoopback(call.peer.address);
}

function isLoopback(address: string): boolean {
  return address.startsWith("127.") || address === "::1" || address.startsWith("::ffff:127.");
}

/** As upstream: asked for, or a person at a browser or curl who asked for nothing. */
export function wantsPretty(request: HttpRequest, { query }: Pick<RequestInfo, "query">): boolean {
  if (query.includes("pretty=")) return new Query(query).flag("pretty");
  const agent = request.headers["user-agent"];
  return agent !== undefined &&
    (agent.startsWith("curl") || agent.startsWith("Wget") || agent.startsWith("Mozilla/5.0"));
}
