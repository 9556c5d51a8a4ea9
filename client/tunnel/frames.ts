/**
 * What goes through a tunnel: messages of one byte of kind, four of the stream's number (big-endian), and a content. Streams are numbered by who opens them, from 1 on.
 */
export type Frame =
  /** A new stream. */
  | { readonly kind: "open"; readonly stream: number }
  | { readonly kind: "data"; readonly stream: number; readonly bytes: Uint8Array }
  /** So many more bytes may be sent. */
  | { readonly kind: "credit"; readonly stream: number; readonly bytes: number }
  /** The sender has said all on this stream. */
  | { readonly kind: "end"; readonly stream: number }
  /** The sender has given the stream up, both ways. */
  | { readonly kind: "reset"; readonly stream: number };

/** The other end does not keep to the protocol. */
export class TunnelProtocolError extends Error {
  override readonly name = "TunnelProtocolError";
}

const KINDS = ["open", "data", "credit", "end", "reset"] as const;
const HEAD = 5;
/** The longest content of a data frame: short enough that no stream waits long for another's. */
export const MAX_DATA = 16 * 1024;
export const MAX_MESSAGE = HEAD + MAX_DATA;

export function encodeFrame(frame: Frame): Uint8Array {
  const content = frame.kind === "data" ? frame.bytes.length : frame.kind === "credit" ? 4 : 0;
  const message = new Uint8Array(HEAD + content);
  const view = new DataView(message.buffer);
  message[0] = KINDS.indexOf(frame.kind);
  view.setUint32(1, frame.stream);
  if (frame.kind === "data") message.set(frame.bytes, HEAD);
  if (frame.kind === "credit") view.setUint32(HEAD, frame.bytes);
  return message;
}

/** Throws a {@linkcode TunnelProtocolError}. The bytes of a data frame are the message's own. */
export function decodeFrame(message: Uint8Array): Frame {
  const kind = KINDS[message[0] ?? KINDS.length];
  if (kind === undefined || message.length < HEAD) throw new TunnelProtocolError("a frame is of no known kind");
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  const stream = view.getUint32(1);
  if (kind === "data") {
    if (message.length > MAX_MESSAGE) throw new TunnelProtocolError(`a frame has ${message.length} bytes`);
    return { kind, stream, bytes: message.subarray(HEAD) };
  }
  if (kind === "credit") {
    if (message.length !== HEAD + 4) throw new TunnelProtocolError("a credit frame has no number");
    return { kind, stream, bytes: view.getUint32(HEAD) };
  }
  return { kind, stream };
}
