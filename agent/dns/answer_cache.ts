import { type Question, RCODE, readRecords, setU16, setU32, TYPE, u16, u32 } from "./wire.ts";

interface Entry {
  readonly message: Uint8Array;
  readonly ttlOffsets: readonly number[];
  readonly storedAt: number;
  readonly expiresAt: number;
}

/** Seconds that an upstream's answer is kept at most, whatever its TTL says. */
const MAX_TTL = 30;
const MAX_ENTRIES = 1000;
const MAX_MESSAGE = 4096;

/** Upstream answers as they came, by question. The one unused for longest goes first. */
export class AnswerCache {
  readonly #entries = new Map<string, Entry>();

  get size(): number {
    return this.#entries.size;
  }

  /** A copy whose TTLs have aged. `now` in milliseconds. */
  get(key: string, now: number): Uint8Array | undefined {
    const entry = this.#entries.get(key);
    if (!entry) return undefined;
    this.#entries.delete(key);
    if (entry.expiresAt <= now) return undefined;
    this.#entries.set(key, entry);
    const message = entry.message.slice();
    const age = Math.floor((now - entry.storedAt) / 1000);
    for (const offset of entry.ttlOffsets) setU32(message, offset, Math.max(0, u32(message, offset) - age));
    return message;
  }

  /** Keeps what may be kept: complete answers, and negative ones that say for how long (RFC 2308). */
  put(key: string, question: Question, message: Uint8Array, now: number): void {
    if (message.length > MAX_MESSAGE || (u16(message, 2) & 0x0200) !== 0) return;
    const rcode = u16(message, 2) & 15;
    if (rcode !== RCODE.NOERROR && rcode !== RCODE.NXDOMAIN) return;
    const records = readRecords(message, question)?.filter(({ type }) => type !== TYPE.OPT);
    if (!records) return;
    const answers = records.filter(({ section }) => section === "answer");
    const isNegative = rcode === RCODE.NXDOMAIN || answers.length === 0;
    const ttls = isNegative
      ? records.filter(({ section, type }) => section === "authority" && type === TYPE.SOA)
        // The record ends in the time that negative answers hold.
        .map(({ ttl, end }) => Math.min(ttl, u32(message, end - 4)))
      : answers.map(({ ttl }) => ttl);
    if (ttls.length === 0) return;
    const ttl = Math.min(MAX_TTL, ...ttls);
    if (ttl <= 0) return;
    const kept = message.slice();
    for (const { ttlOffset } of records) setU32(kept, ttlOffset, Math.min(u32(kept, ttlOffset), MAX_TTL));
    this.#entries.delete(key);
    this.#entries.set(key, {
      message: kept,
      ttlOffsets: records.map(({ ttlOffset }) => ttlOffset),
      storedAt: now,
      expiresAt: now + ttl * 1000,
    });
    if (this.#entries.size > MAX_ENTRIES) this.#entries.delete(this.#entries.keys().next().value!);
  }
}

/** Makes somebody's answer the answer to this query: its id, and its question letter by letter. */
export function addressTo(message: Uint8Array, id: number, question: Question): Uint8Array {
  setU16(message, 0, id);
  message.set(question.bytes, 12);
  return message;
}
