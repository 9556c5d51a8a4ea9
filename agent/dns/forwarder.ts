import { type Clock, systemClock } from "../../api/clock.ts";
import { addressTo, AnswerCache } from "./answer_cache.ts";
import { exchange, type Upstream } from "./exchange.ts";
import { optionRecord } from "./reply.ts";
import { FLAG, HEADER_LENGTH, type Question, RCODE, setU16, u16 } from "./wire.ts";

export interface ForwarderOptions {
  readonly upstreams: { get(): Promise<readonly Upstream[]> };
  readonly clock?: Clock;
  /** Milliseconds for one name server. */
  readonly tryFor?: number;
  /** Milliseconds for all of them; resolvers of applications ask again after five seconds. */
  readonly giveUpAfter?: number;
  readonly signal: AbortSignal;
}

export interface ForwardQuestion {
  readonly question: Question;
  readonly dnssecOk: boolean;
  readonly checkingDisabled: boolean;
}

/** Questions under way at once; beyond, the answer is a failure at once. */
const MAX_UNDER_WAY = 512;

/**
 * Asks the node's own name servers, one after the other, and keeps their answers a while. Equal questions under way share one exchange, which
 * also ends loops: where a name server sends our question back to us, it waits for itself and fails at the time-out instead of multiplying.
 */
export class Forwarder {
  readonly #options: ForwarderOptions;
  readonly #clock: Clock;
  readonly #cache = new AnswerCache();
  readonly #underWay = new Map<string, Promise<Uint8Array | undefined>>();
  /** Where in the list to begin: the one that answered last. */
  #preferred = 0;

  constructor(options: ForwarderOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock({ background: true });
  }

  /** An answer of the caller's own, with this id and question; undefined when no name server gave one. */
  async resolve(asked: ForwardQuestion, id: number): Promise<Uint8Array | undefined> {
    const { question, dnssecOk, checkingDisabled } = asked;
    const flags = `${dnssecOk ? "d" : ""}${checkingDisabled ? "c" : ""}`;
    const key = `${question.labels.join(".").toLowerCase()} ${question.type} ${flags}`;
    const kept = this.#cache.get(key, this.#clock.now());
    if (kept) return addressTo(kept, id, question);
    let answer = this.#underWay.get(key);
    if (!answer) {
      if (this.#underWay.size >= MAX_UNDER_WAY) return undefined;
      answer = this.#askAndKeep(key, asked).finally(() => this.#underWay.delete(key));
      this.#underWay.set(key, answer);
    }
    const message = await answer;
    return message && addressTo(message.slice(), id, question);
  }

  async #askAndKeep(key: string, asked: ForwardQuestion): Promise<Uint8Array | undefined> {
    const message = await this.#ask(asked);
    if (message) this.#cache.put(key, asked.question, message, this.#clock.now());
    return message;
  }

  async #ask(asked: ForwardQuestion): Promise<Uint8Array | undefined> {
    const upstreams = await this.#options.upstreams.get();
    const { tryFor = 1500, giveUpAfter = 4500, signal } = this.#options;
    const end = this.#clock.now() + giveUpAfter;
    let worst: Uint8Array | undefined;
    for (let i = 0; i < upstreams.length * 2 && this.#clock.now() < end && !signal.aborted; i++) {
      const at = (this.#preferred + i) % upstreams.length;
      const time = Math.min(tryFor, end - this.#clock.now());
      const answer = await this.#askOne(upstreams[at]!, asked, time);
      if (!answer) continue;
      const rcode = u16(answer, 2) & 15;
      if (rcode === RCODE.NOERROR || rcode === RCODE.NXDOMAIN) {
        this.#preferred = at;
        return answer;
      }
      worst = answer;
    }
    return worst;
  }

  async #askOne(upstream: Upstream, asked: ForwardQuestion, milliseconds: number): Promise<Uint8Array | undefined> {
    const timeout = new AbortController();
    const cancel = this.#clock.after(milliseconds, () => timeout.abort());
    const signal = AbortSignal.any([timeout.signal, this.#options.signal]);
    try {
      const answer = await exchange(upstream, makeQuery(asked, true), signal);
      // Servers from before EDNS refuse what they do not know (RFC 6891, 7).
      return (u16(answer, 2) & 15) === RCODE.FORMERR
        ? await exchange(upstream, makeQuery(asked, false), signal)
        : answer;
    } catch {
      return undefined;
    } finally {
      cancel();
    }
  }
}

function makeQuery({ question, dnssecOk, checkingDisabled }: ForwardQuestion, edns: boolean): Uint8Array {
  const option = edns ? optionRecord(0, dnssecOk) : new Uint8Array();
  const message = new Uint8Array(HEADER_LENGTH + question.bytes.length + option.length);
  setU16(message, 0, crypto.getRandomValues(new Uint16Array(1))[0]!);
  setU16(message, 2, FLAG.RD | (checkingDisabled ? FLAG.CD : 0));
  setU16(message, 4, 1);
  setU16(message, 10, edns ? 1 : 0);
  message.set(question.bytes, HEADER_LENGTH);
  message.set(option, HEADER_LENGTH + question.bytes.length);
  return message;
}
