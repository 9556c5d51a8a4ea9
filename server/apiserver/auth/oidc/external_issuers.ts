import type { Clock } from "../../../../api/clock.ts";
import type { FindUser } from "../bearer_tokens.ts";
import type { JwtConfiguration } from "./configuration.ts";
import { JwtAuthenticator } from "./jwt_authenticator.ts";

export interface ExternalIssuersOptions {
  readonly algorithms: readonly string[];
  readonly clock: Clock;
}

/** For how long a new configuration's issuers are waited for, and how often they are tried. */
const patience = { milliseconds: 60_000, step: 10_000 };

/** The external issuers of tokens, which may be exchanged for others while requests are answered. */
export class ExternalIssuers {
  readonly #options: ExternalIssuersOptions;
  #issuers: readonly JwtAuthenticator[];
  #closed = false;

  private constructor(options: ExternalIssuersOptions, issuers: readonly JwtAuthenticator[]) {
    this.#options = options;
    this.#issuers = issuers;
  }

  /** Does not wait for the issuers: they may be reached later. Rejects with an error that names the place of an expression that cannot be used. */
  static async open(
    configurations: readonly JwtConfiguration[],
    options: ExternalIssuersOptions,
  ): Promise<ExternalIssuers> {
    const issuers = await openAll(configurations, options);
    for (const issuer of issuers) void issuer.prepare();
    return new ExternalIssuers(options, issuers);
  }

  readonly find: FindUser = async (token) => {
    for (const issuer of this.#issuers) {
      const user = await issuer.find(token);
      if (user !== undefined) return user;
    }
    return undefined;
  };

  /** Takes others instead, once all of them have been reached. Rejects, the present ones still in place, when that takes too long. */
  async replace(configurations: readonly JwtConfiguration[]): Promise<void> {
    const issuers = await openAll(configurations, this.#options);
    for (let waited = 0;; waited += patience.step) {
      await Promise.all(issuers.map((issuer) => issuer.prepare()));
      const missing = issuers.find((issuer) => !issuer.ready);
      if (missing === undefined) break;
      if (this.#closed || waited >= patience.milliseconds) {
        closeAll(issuers);
        throw new TypeError(`the issuer ${missing.issuer} cannot be reached`);
      }
      await new Promise<void>((resolve) => void this.#options.clock.after(patience.step, resolve));
    }
    closeAll(this.#issuers);
    this.#issuers = issuers;
    if (this.#closed) closeAll(issuers);
  }

  close(): void {
    this.#closed = true;
    closeAll(this.#issuers);
  }
}

function openAll(
  configurations: readonly JwtConfiguration[],
  options: ExternalIssuersOptions,
): Promise<readonly JwtAuthenticator[]> {
  return Promise.all(configurations.map((configuration) => JwtAuthenticator.open({ configuration, ...options })));
}

function closeAll(issuers: readonly JwtAuthenticator[]): void {
  for (const issuer of issuers) issuer.close();
}
