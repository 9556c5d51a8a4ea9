import { type DnsRecord, encodeRecord } from "./record.ts";
import type { Query } from "./query.ts";
import { FLAG, HEADER_LENGTH, RCODE, readQuestion, setU16, setU32, TYPE, u16 } from "./wire.ts";

/** The largest UDP answer: what passes any Ethernet unfragmented (DNS flag day 2020). */
const MAX_UDP_PAYLOAD = 1232;
const MIN_UDP_PAYLOAD = 512;
const MAX_TCP_PAYLOAD = 65_535;

export interface Reply {
  readonly rcode: number;
  readonly authoritative: boolean;
  readonly answers: readonly DnsRecord[];
  readonly authorities: readonly DnsRecord[];
  readonly additionals: readonly DnsRecord[];
}

export type Transport = "udp" | "tcp";

/** Bytes that the asker takes at once. */
export function payloadLimit({ edns }: Query, transport: Transport): number {
  if (transport === "tcp") return MAX_TCP_PAYLOAD;
  return Math.min(Math.max(edns?.payloadSize ?? 0, MIN_UDP_PAYLOAD), MAX_UDP_PAYLOAD);
}

/** What does not fit is left out: answers are marked as truncated then, additional records are not missed. */
export function encodeReply(query: Query, reply: Reply, transport: Transport): Uint8Array {
  const limit = payloadLimit(query, transport);
  const option = query.edns ? OPTION : new Uint8Array();
  const parts: Uint8Array[] = [];
  let size = HEADER_LENGTH + query.question.bytes.length + option.length;
  let truncated = false;
  function add(records: readonly DnsRecord[], missed: boolean): number {
    let count = 0;
    for (const record of records) {
      const bytes = encodeRecord(record);
      if (truncated || size + bytes.length > limit) {
        truncated ||= missed;
        break;
      }
      parts.push(bytes);
      size += bytes.length;
      count++;
    }
    return count;
  }
  const counts = [add(reply.answers, true), add(reply.authorities, true), add(reply.additionals, false)];

  const message = new Uint8Array(size);
  setU16(message, 0, query.id);
  const flags = FLAG.QR | FLAG.RA | (reply.authoritative ? FLAG.AA : 0) | (truncated ? FLAG.TC : 0);
  setU16(
    message,
    2,
    flags | (query.recursionDesired ? FLAG.RD : 0) | (query.checkingDisabled ? FLAG.CD : 0) | reply.rcode,
  );
  setU16(message, 4, 1);
  setU16(message, 6, counts[0]!);
  setU16(message, 8, counts[1]!);
  setU16(message, 10, counts[2]! + (query.edns ? 1 : 0));
  message.set(query.question.bytes, HEADER_LENGTH);
  let offset = HEADER_LENGTH + query.question.bytes.length;
  for (const part of [...parts, option]) {
    message.set(part, offset);
    offset += part.length;
  }
  return message;
}

/** The answer to a message that is not understood: its id and, where there is one, its question. */
export function encodeRefusal(message: Uint8Array, rcode: number): Uint8Array {
  const question = readQuestion(message)?.bytes ?? new Uint8Array();
  // Codes above 15 need an OPT for their upper bits.
  const option = rcode > 15 ? optionRecord(rcode >>> 4) : new Uint8Array();
  const reply = new Uint8Array(HEADER_LENGTH + question.length + option.length);
  setU16(reply, 0, u16(message, 0));
  setU16(reply, 2, FLAG.QR | (u16(message, 2) & (0x7800 | FLAG.RD)) | (rcode & 15));
  setU16(reply, 4, question.length > 0 ? 1 : 0);
  setU16(reply, 10, option.length > 0 ? 1 : 0);
  reply.set(question, HEADER_LENGTH);
  reply.set(option, HEADER_LENGTH + question.length);
  return reply;
}

/** Root name, type, our payload size in place of the class, extended code and flags in place of the TTL, no data. */
export function optionRecord(extendedRcode = 0, dnssecOk = false): Uint8Array {
  const bytes = new Uint8Array(11);
  setU16(bytes, 1, TYPE.OPT);
  setU16(bytes, 3, MAX_UDP_PAYLOAD);
  setU32(bytes, 5, extendedRcode * 0x1000000 + (dnssecOk ? 0x8000 : 0));
  return bytes;
}

const OPTION = optionRecord();

export function failure(): Reply {
  return { rcode: RCODE.SERVFAIL, authoritative: false, answers: [], authorities: [], additionals: [] };
}
