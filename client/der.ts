import { Buffer } from "node:buffer";

/** The part of ASN.1's Distinguished Encoding Rules (X.690) that certificates are made of. */

export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  utf8: 0x0c,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

/** One value: its tag, its length, its content in pieces. */
export function value(tag: number, ...content: readonly Uint8Array[]): Buffer {
  const length = content.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat([Buffer.from([tag, ...lengthBytes(length)]), ...content]);
}

function lengthBytes(length: number): number[] {
  if (length < 0x80) return [length];
  const bytes: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return [0x80 | bytes.length, ...bytes];
}

export function sequence(...content: readonly Uint8Array[]): Buffer {
  return value(TAG.sequence, ...content);
}

export function bytes(tag: number, ...content: readonly number[]): Buffer {
  return value(tag, Uint8Array.from(content));
}

/** `2.5.29.15` */
export function oid(text: string): Buffer {
  const [first = 0, second = 0, ...rest] = text.split(".").map(Number);
  return bytes(TAG.oid, ...[first * 40 + second, ...rest].flatMap(base128));
}

function base128(part: number): number[] {
  const digits = [part % 128];
  for (let rest = Math.floor(part / 128); rest > 0; rest = Math.floor(rest / 128)) digits.unshift(0x80 | rest % 128);
  return digits;
}

export function utf8(text: string): Buffer {
  return value(TAG.utf8, Buffer.from(text));
}

/** Whole seconds; two-digit years until 2049, as RFC 5280 (4.1.2.5) wants it. */
export function time(milliseconds: number): Buffer {
  const digits = new Date(milliseconds).toISOString().replace(/[-:T]|\.\d+/g, "");
  const short = Number(digits.slice(0, 4)) < 2050;
  return value(short ? TAG.utcTime : TAG.generalizedTime, Buffer.from(short ? digits.slice(2) : digits));
}

/** All bits of the bytes. */
export function bitString(content: Uint8Array): Buffer {
  return value(TAG.bitString, Uint8Array.of(0), content);
}

export interface Read {
  readonly tag: number;
  readonly content: Uint8Array;
  /** With tag and length. */
  readonly whole: Uint8Array;
}

/** The values that stand one after the other in some bytes. Throws a RangeError where they are no DER. */
export function readAll(from: Uint8Array): Read[] {
  const found: Read[] = [];
  for (let at = 0; at < from.length;) {
    const start = at;
    const tag = from[at++]!;
    let length = from[at++] ?? NaN;
    if (length >= 0x80) {
      const count = length & 0x7f;
      length = 0;
      for (let i = 0; i < count; i++) length = length * 256 + (from[at++] ?? NaN);
    }
    if (!(at + length <= from.length)) throw new RangeError(`the value at byte ${start} runs past the end`);
    found.push({ tag, content: from.subarray(at, at + length), whole: from.subarray(start, at + length) });
    at += length;
  }
  return found;
}
