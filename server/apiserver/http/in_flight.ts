import { tooManyRequests } from "../../../api/status.ts";

export interface InFlightLimits {
  readonly reading: number;
  readonly mutating: number;
}

export type RequestClass = keyof InFlightLimits;

/** Upstream's defaults. */
export const defaultInFlightLimits: InFlightLimits = { reading: 400, mutating: 200 };

const readingVerbs = new Set(["get", "list", "head", "options"]);

/** Undefined for what may run for hours and is not counted. */
export function classOf(verb: string, subresource: string | undefined): RequestClass | undefined {
  if (verb === "watch" || (subresource !== undefined && longRunning.has(subresource))) return undefined;
  return readingVerbs.has(verb) ? "reading" : "mutating";
}

const longRunning = new Set(["attach", "exec", "log", "portforward", "proxy"]);

/** Counts the requests that are being worked on; the ones beyond the limit are refused at once, to come again later. */
export class InFlight {
  readonly #limits: InFlightLimits;
  readonly #counts = { reading: 0, mutating: 0 };

  constructor(limits: InFlightLimits = defaultInFlightLimits) {
    this.#limits = limits;
  }

  get counts(): Readonly<Record<RequestClass, number>> {
    return this.#counts;
  }

  /** 429 when there are too many. */
  enter(of: RequestClass): void {
    if (this.#counts[of] >= this.#limits[of]) {
      throw tooManyRequests("too many requests are being worked on, please try again later");
    }
    this.#counts[of]++;
  }

  leave(of: RequestClass): void {
    this.#counts[of]--;
  }
}
