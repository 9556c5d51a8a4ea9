import { Buffer } from "node:buffer";
import type { KeyRange } from "../contract.ts";

const LOW = "\x01";
const ESCAPE = "\u{10ffff}";

/**
 * etcd's keys are bytes, the datastore's are text. A key in UTF-8 is kept as the text it is, except that the bytes 0 and 1 become `\x01\x02` and
 * `\x01\x03` (the engines refuse NUL). A byte that is no UTF-8 is kept as three characters: the greatest one that sorts before the rest of the key,
 * U+10FFFF, and the byte's own value. So every key has one text, and texts sort as their keys do.
 */
export function keyText(key: Uint8Array): string {
  if (isPlain(key)) return Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString("latin1");
  let text = "";
  for (let at = 0; at < key.length;) {
    const rest = key.subarray(at, at + 4);
    const character = firstCharacter(rest);
    if (character === undefined) {
      text += greatestBelow(rest) + ESCAPE + String.fromCharCode(rest[0]!);
      at++;
    } else {
      text += character < "\x02" ? LOW + String.fromCharCode(character.charCodeAt(0) + 2) : character;
      at += Buffer.byteLength(character);
    }
  }
  return text;
}

/** The key of a text, also of one that nobody made with {@linkcode keyText}. */
export function keyBytes(text: string): Uint8Array {
  if (!text.includes(LOW) && !text.includes(ESCAPE)) return Buffer.from(text);
  const parts: Uint8Array[] = [];
  const characters = [...text];
  for (let at = 0; at < characters.length; at++) {
    const [character, next, third] = [characters[at]!, characters[at + 1], characters[at + 2]];
    if (character === LOW && (next === "\x02" || next === "\x03")) {
      parts.push(Uint8Array.of(next.charCodeAt(0) - 2));
      at++;
    } else if (next === ESCAPE && third !== undefined && third >= "\x80" && third <= "\xff") {
      parts.push(Uint8Array.of(third.charCodeAt(0)));
      at += 2;
    } else {
      parts.push(Buffer.from(character));
    }
  }
  return Buffer.concat(parts);
}

/** What is written below this prefix is no client's key, and in no client's range. */
export const OWN_PREFIX = "\x01\x01";

/** The range of a request, whose end may be missing (one key) or a single NUL (all that follow). */
export function rangeOf({ key, rangeEnd }: { readonly key: Uint8Array; readonly rangeEnd: Uint8Array }): KeyRange {
  const start = keyText(key);
  if (rangeEnd.length === 0) return { start, end: `${start}${LOW}\x02` };
  return { start, end: isNul(rangeEnd) ? ESCAPE : keyText(rangeEnd) };
}

export function isInRange(
  key: Uint8Array,
  range: { readonly key: Uint8Array; readonly rangeEnd: Uint8Array },
): boolean {
  if (range.rangeEnd.length === 0) return Buffer.compare(key, range.key) === 0;
  return Buffer.compare(key, range.key) >= 0 && (isNul(range.rangeEnd) || Buffer.compare(key, range.rangeEnd) < 0);
}

function isNul(bytes: Uint8Array): boolean {
  return bytes.length === 1 && bytes[0] === 0;
}

function isPlain(bytes: Uint8Array): boolean {
  for (const byte of bytes) if (byte < 2 || byte > 0x7f) return false;
  return true;
}

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The character that the bytes begin with, unless that is none, or the one that marks bytes. */
function firstCharacter(bytes: Uint8Array): string | undefined {
  const first = bytes[0]!;
  const length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  try {
    const character = strict.decode(bytes.subarray(0, length));
    return character === ESCAPE ? undefined : character;
  } catch {
    return undefined;
  }
}

/** The last character whose UTF-8 sorts before bytes that begin with no character. */
function greatestBelow(bytes: Uint8Array): string {
  let [low, high] = [0x7f, 0x10fffe];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (Buffer.compare(Buffer.from(scalar(middle)), bytes) < 0) low = middle;
    else high = middle - 1;
  }
  return scalar(low);
}

/** The character of a code point, or the last one before the surrogates, which are none. */
function scalar(point: number): string {
  return String.fromCodePoint(point >= 0xd800 && point <= 0xdfff ? 0xd7ff : point);
}
