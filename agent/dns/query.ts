import { CLASS_IN, FLAG, HEADER_LENGTH, type Question, RCODE, readQuestion, readRecords, TYPE, u16 } from "./wire.ts";

export interface Query {
  readonly id: number;
  readonly question: Question;
  /** The name in lower case, without the dot at its end. */
  readonly name: string;
  readonly recursionDesired: boolean;
  readonly checkingDisabled: boolean;
  /** What the asker said of itself (EDNS, RFC 6891); absent when nothing. */
  readonly edns?: { readonly payloadSize: number; readonly dnssecOk: boolean };
}

export type ParsedQuery =
  | { readonly kind: "query"; readonly query: Query }
  /** To be answered with this code. */
  | { readonly kind: "refused"; readonly rcode: number; readonly message: Uint8Array }
  /** Not worth an answer: too short to have an id, or itself an answer (answering those makes two servers talk for ever). */
  | { readonly kind: "ignored" };

/** Never throws, whatever the bytes. */
export function parseQuery(message: Uint8Array): ParsedQuery {
  if (message.length < HEADER_LENGTH) return { kind: "ignored" };
  const flags = u16(message, 2);
  if (flags & FLAG.QR) return { kind: "ignored" };
  const refused = (rcode: number): ParsedQuery => ({ kind: "refused", rcode, message });
  if ((flags >>> 11 & 15) !== 0) return refused(RCODE.NOTIMP);
  const question = readQuestion(message);
  // A query has no answers; more than an OPT and a signature behind it is somebody's attempt to keep us busy.
  if (!question || u16(message, 6) > 0 || u16(message, 8) > 0 || u16(message, 10) > 2) return refused(RCODE.FORMERR);
  const records = readRecords(message, question);
  if (!records) return refused(RCODE.FORMERR);
  const options = records.filter(({ type }) => type === TYPE.OPT);
  if (options.length > 1) return refused(RCODE.FORMERR);
  const option = options[0];
  if (option && (option.ttl >>> 16 & 0xff) !== 0) return refused(RCODE.BADVERS);
  if (question.class !== CLASS_IN || question.type === TYPE.AXFR || question.type === TYPE.IXFR) {
    return refused(RCODE.REFUSED);
  }
  return {
    kind: "query",
    query: {
      id: u16(message, 0),
      question,
      name: question.labels.join(".").toLowerCase(),
      recursionDesired: (flags & FLAG.RD) !== 0,
      checkingDisabled: (flags & FLAG.CD) !== 0,
      ...(option ? { edns: { payloadSize: option.class, dnssecOk: (option.ttl & 0x8000) !== 0 } } : {}),
    },
  };
}
