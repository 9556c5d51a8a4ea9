import { Buffer } from "node:buffer";
import packet from "dns-packet";
import { type Clock, systemClock } from "../../api/clock.ts";
import { contains, parseCidr } from "../network/cidr.ts";
import type { Forwarder } from "./forwarder.ts";
import { limitedLog } from "./limited_log.ts";
import { parseQuery, type Query } from "./query.ts";
import { type DnsRecord, encodeName } from "./record.ts";
import { encodeRefusal, encodeReply, failure, payloadLimit, type Reply, type Transport } from "./reply.ts";
import { CLASS_IN, FLAG, HEADER_LENGTH, type Question, RCODE, readRecords, setU16, TYPE, u16 } from "./wire.ts";
import { type Found, lookUp, lookUpAddress, soaRecord, ZONE_TTL, type ZoneDirectory, type ZoneFacts } from "./zone.ts";

export interface ResolverOptions extends ZoneFacts {
  readonly directory: ZoneDirectory;
  readonly forwarder: Pick<Forwarder, "resolve">;
  /** Networks whose addresses nobody outside can name, in prefix notation: Pods' and Services'. */
  readonly ownNetworks: readonly string[];
  /** The directory has everything that there was at its start; before that, names of the cluster are a failure, not missing. */
  readonly isReady: () => boolean;
  readonly clock?: Clock;
  /** In [0, 1), for the order of answers. */
  readonly random?: () => number;
}

type MaybePromise<T> = T | Promise<T>;

const MAX_ALIASES = 8;
const REVERSE = ".in-addr.arpa";

/** Answers queries as bytes: names of the cluster at once, all others by the forwarder. */
export class Resolver {
  readonly #options: ResolverOptions;
  readonly #suffix: string;
  readonly #networks;
  readonly #random: () => number;
  readonly #complain: (error: unknown) => void;

  constructor(options: ResolverOptions) {
    this.#options = options;
    this.#suffix = `.${options.domain}`;
    this.#networks = options.ownNetworks.map((network) => parseCidr("network", network));
    this.#random = options.random ?? Math.random;
    this.#complain = limitedLog(options.clock ?? systemClock());
  }

  /** Never throws or rejects, whatever the bytes; undefined is no answer at all. */
  answer(message: Uint8Array, transport: Transport): MaybePromise<Uint8Array | undefined> {
    const parsed = parseQuery(message);
    if (parsed.kind === "ignored") return undefined;
    if (parsed.kind === "refused") return encodeRefusal(parsed.message, parsed.rcode);
    const { query } = parsed;
    const fail = (error: unknown) => {
      this.#complain(error);
      return encodeReply(query, failure(), transport);
    };
    try {
      const answer = this.#answer(query, transport);
      return answer instanceof Promise ? answer.catch(fail) : answer;
    } catch (error) {
      return fail(error);
    }
  }

  #answer(query: Query, transport: Transport): MaybePromise<Uint8Array> {
    const found = this.#lookUp(query.name);
    if (found === "elsewhere") return this.#forward(query, transport);
    if (!this.#options.isReady()) return encodeReply(query, failure(), transport);
    if (found.kind === "alias" && query.question.type !== TYPE.CNAME) {
      return this.#follow(query, found.target, transport);
    }
    return encodeReply(query, this.#reply(query, found), transport);
  }

  #lookUp(name: string): Found | "elsewhere" {
    const { domain, directory } = this.#options;
    if (name === domain) return lookUp([], directory, this.#options);
    if (name.endsWith(this.#suffix)) {
      return lookUp(name.slice(0, -this.#suffix.length).split("."), directory, this.#options);
    }
    if (!name.endsWith(REVERSE)) return "elsewhere";
    const address = name.slice(0, -REVERSE.length).split(".").reverse().join(".");
    const found = lookUpAddress(address, directory, this.#options);
    const isOurs = found.kind !== "missing" || this.#networks.some((network) => contains(network, address));
    return isOurs ? found : "elsewhere";
  }

  #reply({ name, question }: Query, found: Found): Reply {
    const zone = name.endsWith(REVERSE) ? REVERSE.slice(1) : this.#options.domain;
    const base = { authoritative: true, rcode: RCODE.NOERROR, answers: [], authorities: [], additionals: [] };
    const negative = { ...base, authorities: [soaRecord(this.#options, zone)] };
    if (found.kind === "missing") return { ...negative, rcode: RCODE.NXDOMAIN };
    if (found.kind === "alias") return { ...base, answers: [alias(found.target)] };
    const answers = found.records.filter(({ type }) => question.type === TYPE.ANY || TYPE[type] === question.type);
    if (answers.length === 0) return negative;
    const additionals = question.type === TYPE.SRV ? found.additionals ?? [] : [];
    return { ...base, answers: this.#shuffled(answers), additionals };
  }

  /** Clients take the first. */
  #shuffled(records: readonly DnsRecord[]): DnsRecord[] {
    const shuffled = [...records];
    for (let i = shuffled.length - 1; i > 0; i--) {
      const j = Math.floor(this.#random() * (i + 1));
      [shuffled[i], shuffled[j]] = [shuffled[j]!, shuffled[i]!];
    }
    return shuffled;
  }

  /** Resolvers of applications want the records of an alias's target in the same answer. */
  async #follow(query: Query, first: string, transport: Transport): Promise<Uint8Array> {
    const answers: DnsRecord[] = [alias(first)];
    for (let target = first; answers.length <= MAX_ALIASES;) {
      const name = target.toLowerCase();
      const found = this.#lookUp(name);
      if (found === "elsewhere") {
        const rest = await this.#targetElsewhere(query, target);
        if (!rest) return encodeReply(query, failure(), transport);
        return encodeReply(query, { ...rest, answers: [...answers, ...rest.answers] }, transport);
      }
      if (found.kind === "alias") {
        answers.push({ ...alias(found.target), name: target });
        target = found.target;
        continue;
      }
      const reply = this.#reply({ ...query, name }, found);
      const named = reply.answers.map((record) => ({ ...record, name: target }));
      return encodeReply(query, { ...reply, answers: [...answers, ...named] }, transport);
    }
    // Services that name each other in a circle.
    return encodeReply(query, failure(), transport);
  }

  async #targetElsewhere({ question: { type } }: Query, target: string): Promise<Reply | undefined> {
    const question = questionFor(target, type);
    const asked = { question, dnssecOk: false, checkingDisabled: false };
    const message = await this.#options.forwarder.resolve(asked, 0);
    if (!message) return undefined;
    const rcode = u16(message, 2) & 15;
    return { rcode, authoritative: false, answers: decodeAnswers(message), authorities: [], additionals: [] };
  }

  async #forward(query: Query, transport: Transport): Promise<Uint8Array> {
    const { question, edns, checkingDisabled, id } = query;
    if (!query.recursionDesired) return encodeReply(query, { ...failure(), rcode: RCODE.REFUSED }, transport);
    const asked = { question, dnssecOk: edns?.dnssecOk ?? false, checkingDisabled };
    const message = await this.#options.forwarder.resolve(asked, id);
    if (!message) return encodeReply(query, failure(), transport);
    setU16(message, 2, (u16(message, 2) & ~(FLAG.AA)) | FLAG.RA | FLAG.RD);
    const shown = edns ? message : withoutOption(message, question);
    return shown.length <= payloadLimit(query, transport) ? shown : truncated(shown, question);
  }
}

function alias(target: string): DnsRecord {
  return { type: "CNAME", ttl: ZONE_TTL, data: target };
}

function questionFor(name: string, type: number): Question {
  const encoded = encodeName(name);
  const bytes = new Uint8Array(encoded.length + 4);
  bytes.set(encoded);
  setU16(bytes, encoded.length, type);
  setU16(bytes, encoded.length + 2, CLASS_IN);
  return { labels: name.split("."), type, class: CLASS_IN, bytes };
}

/** Aliases and addresses of an upstream's answer; none when it cannot be read. */
function decodeAnswers(message: Uint8Array): DnsRecord[] {
  try {
    // The library reads by methods of Buffer.
    const { answers } = packet.decode(Buffer.from(message.buffer, message.byteOffset, message.byteLength));
    return answers.filter(({ type }: DnsRecord) => ["A", "AAAA", "CNAME", "TXT", "SRV"].includes(type));
  } catch {
    return [];
  }
}

/** For those who did not say that they know EDNS. An OPT is the last record, by custom; elsewhere it stays, which nobody minds. */
function withoutOption(message: Uint8Array, question: Question): Uint8Array {
  const last = readRecords(message, question)?.at(-1);
  if (last?.type !== TYPE.OPT) return message;
  setU16(message, 10, u16(message, 10) - 1);
  return message.subarray(0, last.start);
}

/** Asks to be asked again by TCP: only the question is left. */
function truncated(message: Uint8Array, question: Question): Uint8Array {
  const short = message.slice(0, HEADER_LENGTH + question.bytes.length);
  setU16(short, 2, u16(short, 2) | FLAG.TC);
  for (const count of [6, 8, 10]) setU16(short, count, 0);
  return short;
}
