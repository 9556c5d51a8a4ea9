import { Buffer } from "node:buffer";

export interface Value {
  readonly bytes: Uint8Array;
  /** Decimal, "0" for none. */
  readonly lease: string;
}

/**
 * etcd's values are bytes, the datastore's are text. A value in UTF-8 without NUL is kept as the text it is; any other as `\x01b` and base64. A value
 * that hangs on a lease has `\x01l`, the lease's number and `:` before that. A text that begins with `\x01` is kept in base64 too, so no two look alike.
 */
export function valueText({ bytes, lease }: Value): string {
  const text = plainText(bytes) ?? `${BINARY}${buffer(bytes).toString("base64")}`;
  return lease === "0" ? text : `${LEASED}${lease}:${text}`;
}

export function valueOf(text: string): Value {
  if (!text.startsWith("\x01")) return { bytes: Buffer.from(text), lease: "0" };
  const colon = text.startsWith(LEASED) ? text.indexOf(":") : -1;
  const lease = colon < 0 ? "0" : text.slice(LEASED.length, colon);
  const rest = text.slice(colon + 1);
  const bytes = rest.startsWith(BINARY) ? Buffer.from(rest.slice(BINARY.length), "base64") : Buffer.from(rest);
  return { bytes, lease };
}

const BINARY = "\x01b";
const LEASED = "\x01l";

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function plainText(bytes: Uint8Array): string | undefined {
  if (bytes[0] === 1 || bytes.includes(0)) return undefined;
  try {
    return strict.decode(bytes);
  } catch {
    return undefined;
  }
}

function buffer({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}
