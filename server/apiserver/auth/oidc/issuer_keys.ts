import type { createLocalJWKSet, CryptoKey, FlattenedJWSInput, JSONWebKeySet, JWSHeaderParameters } from "jose";
import { getLogger } from "@logtape/logtape";
import type { Clock } from "../../../../api/clock.ts";
import { HttpsTransport } from "../../../../client/https_transport.ts";
import type { IssuerConfiguration } from "./configuration.ts";

export interface IssuerKeysOptions {
  readonly issuer: IssuerConfiguration;
  readonly clock: Pick<Clock, "now">;
}

type KeySet = ReturnType<typeof createLocalJWKSet>;

const logger = getLogger(["skiff", "apiserver", "authentication"]);
const wellKnown = "/.well-known/openid-configuration";
const timeout = 10_000;
const maxAnswer = 1024 * 1024;
/** An issuer is not asked more often, whatever tokens strangers show. */
const RETRY_MILLISECONDS = 5_000;
/** Keys that are older are asked for again when a token comes: the issuer may have withdrawn one. */
const FRESH_MILLISECONDS = 600_000;

/** The keys of one issuer: found by OpenID Connect's discovery, asked for again when a token names one that is not among them. */
export class IssuerKeys {
  readonly #options: IssuerKeysOptions;
  #keys: KeySet | undefined;
  #fetchedAt = -Infinity;
  #triedAt = -Infinity;
  #pending: Promise<void> | undefined;
  #closed = false;

  constructor(options: IssuerKeysOptions) {
    this.#options = options;
  }

  get ready(): boolean {
    return this.#keys !== undefined;
  }

  /** Resolves when the keys are there, or have been tried for. */
  async prepare(): Promise<void> {
    if (!this.ready) await this.#refresh();
  }

  /** The key for a token's header, as jose asks for it. Rejects with jose's errors, or a TypeError when the issuer cannot be reached. */
  async keyFor(header: JWSHeaderParameters, token: FlattenedJWSInput): Promise<CryptoKey> {
    if (this.#keys === undefined) await this.#refresh();
    else if (this.#age() > FRESH_MILLISECONDS) void this.#refresh();
    const known = this.#keys;
    if (known === undefined) throw new TypeError("the issuer's keys could not be fetched yet");
    const { errors } = await import("jose");
    try {
      return await known(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      await this.#refresh();
      if (this.#keys === known) throw error;
      return await this.#keys!(header, token);
    }
  }

  /** What is being asked for is not taken over any more. */
  close(): void {
    this.#closed = true;
  }

  #age(): number {
    return this.#options.clock.now() - this.#fetchedAt;
  }

  /** One request at a time, and none soon after another. Never rejects: what failed is in the log. */
  #refresh(): Promise<void> {
    const now = this.#options.clock.now();
    if (this.#pending !== undefined) return this.#pending;
    if (this.#closed || now - this.#triedAt < RETRY_MILLISECONDS) return Promise.resolve();
    this.#triedAt = now;
    return this.#pending = this.#fetch().catch((error: Error) => {
      logger.error("the keys of the token issuer {issuer} cannot be fetched: {message}", {
        issuer: this.#options.issuer.url,
        message: error.message,
      });
    }).finally(() => this.#pending = undefined);
  }

  async #fetch(): Promise<void> {
    const { url, discoveryUrl } = this.#options.issuer;
    const document = await this.#get(discoveryUrl ?? `${url.replace(/\/$/, "")}${wellKnown}`) as {
      issuer?: unknown;
      jwks_uri?: unknown;
    };
    if (document?.issuer !== url) {
      throw new TypeError(`its discovery document is that of ${JSON.stringify(document?.issuer)}`);
    }
    if (typeof document.jwks_uri !== "string") throw new TypeError("its discovery document has no jwks_uri");
    const { createLocalJWKSet } = await import("jose");
    const keys = createLocalJWKSet(await this.#get(document.jwks_uri) as JSONWebKeySet);
    if (this.#closed) return;
    this.#keys = keys;
    this.#fetchedAt = this.#options.clock.now();
  }

  #get(url: string): Promise<unknown> {
    return getJson(url, this.#options.issuer.certificateAuthority);
  }
}

/** One answer of an issuer, which must be JSON over HTTPS. */
async function getJson(url: string, ca: string | undefined): Promise<unknown> {
  const { protocol, origin, pathname, search } = new URL(url);
  if (protocol !== "https:") throw new TypeError(`${url} is not reached by https`);
  const transport = new HttpsTransport({ server: origin, timeout, maxAnswer, ...(ca === undefined ? {} : { ca }) });
  try {
    return await transport.json({ method: "GET", path: pathname + search });
  } finally {
    transport.close();
  }
}
