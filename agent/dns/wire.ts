/** The parts of a DNS message that are read and patched without decoding all of it (RFC 1035, section 4). Nothing here throws. */

export const HEADER_LENGTH = 12;

export const FLAG = { QR: 0x8000, AA: 0x0400, TC: 0x0200, RD: 0x0100, RA: 0x0080, CD: 0x0010 } as const;
export const RCODE = { NOERROR: 0, FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5, BADVERS: 16 } as const;
export const TYPE = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
  OPT: 41,
  IXFR: 251,
  AXFR: 252,
  ANY: 255,
} as const;
export const CLASS_IN = 1;

export interface Question {
  /** Labels as they were asked, each byte a character. */
  readonly labels: readonly string[];
  readonly type: number;
  readonly class: number;
  /** Name, type and class as they were on the wire. */
  readonly bytes: Uint8Array;
}

/** A resource record's place in its message. */
export interface RecordPlace {
  readonly start: number;
  readonly section: "answer" | "authority" | "additional";
  readonly type: number;
  readonly class: number;
  readonly ttl: number;
  readonly ttlOffset: number;
  readonly end: number;
}

export function u16(bytes: Uint8Array, offset: number): number {
  return bytes[offset]! << 8 | bytes[offset + 1]!;
}

export function setU16(bytes: Uint8Array, offset: number, value: number): void {
  bytes[offset] = value >>> 8;
  bytes[offset + 1] = value;
}

export function u32(bytes: Uint8Array, offset: number): number {
  return (u16(bytes, offset) * 65536) + u16(bytes, offset + 2);
}

export function setU32(bytes: Uint8Array, offset: number, value: number): void {
  setU16(bytes, offset, value >>> 16);
  setU16(bytes, offset + 2, value & 0xffff);
}

/** The message's only question; undefined when it has another number of them or is cut off. A question's name is never compressed. */
export function readQuestion(message: Uint8Array): Question | undefined {
  if (message.length < HEADER_LENGTH || u16(message, 4) !== 1) return undefined;
  const labels: string[] = [];
  let offset = HEADER_LENGTH;
  for (;;) {
    const length = message[offset];
    if (length === undefined || length > 63) return undefined;
    offset++;
    if (length === 0) break;
    if (offset + length > message.length) return undefined;
    labels.push(String.fromCharCode(...message.subarray(offset, offset + length)));
    offset += length;
    if (offset - HEADER_LENGTH > 254) return undefined;
  }
  if (offset + 4 > message.length) return undefined;
  const bytes = message.subarray(HEADER_LENGTH, offset + 4);
  return { labels, type: u16(message, offset), class: u16(message, offset + 2), bytes };
}

/** The places of all records behind the question; undefined when the message is cut off or its counts lie. */
export function readRecords(message: Uint8Array, question: Question): RecordPlace[] | undefined {
  const places: RecordPlace[] = [];
  let offset = HEADER_LENGTH + question.bytes.length;
  const sections = [["answer", 6], ["authority", 8], ["additional", 10]] as const;
  for (const [section, at] of sections) {
    for (let left = u16(message, at); left > 0; left--) {
      const start = offset;
      const name = endOfName(message, offset);
      if (name === undefined || name + 10 > message.length) return undefined;
      const end = name + 10 + u16(message, name + 8);
      if (end > message.length) return undefined;
      const [type, recordClass] = [u16(message, name), u16(message, name + 2)];
      places.push({ start, section, type, class: recordClass, ttl: u32(message, name + 4), ttlOffset: name + 4, end });
      offset = end;
    }
  }
  return places;
}

function endOfName(message: Uint8Array, start: number): number | undefined {
  for (let offset = start;;) {
    const length = message[offset];
    if (length === undefined) return undefined;
    if (length === 0) return offset + 1;
    if (length >= 0xc0) return offset + 2;
    if (length > 63) return undefined;
    offset += length + 1;
  }
}
