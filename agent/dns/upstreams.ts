import type { Clock } from "../../api/clock.ts";
import { parseResolvConf } from "../pods/dns_config.ts";
import type { Upstream } from "./exchange.ts";

/** How often, in milliseconds, the file is looked at; it changes when the machine joins another network. */
const LOOK_AGAIN = 5000;

/** The name servers of a `resolv.conf`, read again when they are asked for and the file may have changed. */
export class ResolvConfUpstreams {
  readonly #path: string;
  readonly #ownAddresses: ReadonlySet<string>;
  readonly #clock: Clock;
  #upstreams: readonly Upstream[] = [];
  #lookedAt = -Infinity;

  /** `ownAddresses` are left out: a server that asks itself never ends. */
  constructor(path: string, ownAddresses: Iterable<string>, clock: Clock) {
    this.#path = path;
    this.#ownAddresses = new Set(ownAddresses);
    this.#clock = clock;
  }

  /** In the file's order; none when there is no file. */
  async get(): Promise<readonly Upstream[]> {
    const now = this.#clock.now();
    if (now - this.#lookedAt < LOOK_AGAIN) return this.#upstreams;
    this.#lookedAt = now;
    const text = await Deno.readTextFile(this.#path).catch(() => "");
    this.#upstreams = parseResolvConf(text).servers
      .filter((address) => !this.#ownAddresses.has(address))
      .map((address) => ({ address, port: 53 }));
    return this.#upstreams;
  }
}
