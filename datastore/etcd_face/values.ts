import { Buffer } from "node:buffer";
import { MAX_VALUE_BYTES } from "../contract.ts";
import { etcdError } from "./errors.ts";

export interface Value {
  readonly bytes: Uint8Array;
  /** Decimal, "0" for none. */
  readonly lease: string;
}

/**
 * etcd's values are bytes, the datastore's are text. A value in UTF-8 without NUL is kept as the text it is; any other as `\x01b` and base64. A value
 * that hangs on a lease has `\x01l`, the lease's number and `:` before that. A text that begins with `\x01` is kept in base64 too, so no two look alike.
 * Throws `tooLarge` when the text is over the datastore's limit.
 */
export function valueText({ bytes, lease }: Value): string {
  const text = plainText(bytes) ?? `${BINARY}${buffer(bytes).toString("base64")}`;
  const whole = lease === "0" ? text : `${LEASED}${lease}:${text}`;
  if (bytes.length > NEVER_TOO_LARGE && Buffer.byteLength(whole) > MAX_VALUE_BYTES) throw etcdError("tooLarge");
  return whole;
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

/** With base64 and a lease it still is below the limit. */
const NEVER_TOO_LARGE = MAX_VALUE_BYTES * 3 / 4 - 64;

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
