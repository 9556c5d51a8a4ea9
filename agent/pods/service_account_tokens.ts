import type { Clock } from "../../api/clock.ts";
import { parseTime } from "../../api/meta/time.ts";
import type { Resource } from "../../api/resource.ts";
import type { TokenRequest } from "../../api/types/authentication_v1.ts";
import type { Pod } from "../../api/types/core_v1.ts";
import type { Client } from "../../client/client.ts";
import type { ServiceAccountToken, TokenNeed } from "../volumes/contract.ts";

/** `serviceaccounts/NAME/token`: what is created there is a TokenRequest. */
const tokenRequests: Resource<TokenRequest> = {
  group: "",
  version: "v1",
  resource: "serviceaccounts",
  kind: "TokenRequest",
  namespaced: true,
};

const day = 24 * 3600_000;

/** Tokens bound to a Pod, each asked for once and again when four fifths of its life, or a day, are over. */
export class ServiceAccountTokens {
  readonly #client: Client;
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  /** By Pod, then by what was asked for. */
  readonly #tokens = new Map<string, Map<string, ServiceAccountToken>>();

  constructor(client: Client, clock: Clock, signal: AbortSignal) {
    this.#client = client;
    this.#clock = clock;
    this.#signal = signal;
  }

  async get(pod: Pod, need: TokenNeed): Promise<ServiceAccountToken> {
    const { name = "", namespace = "", uid = "" } = pod.metadata;
    const held = this.#tokens.get(uid) ?? new Map<string, ServiceAccountToken>();
    this.#tokens.set(uid, held);
    const key = `${need.audience ?? ""} ${need.expirationSeconds}`;
    const known = held.get(key);
    if (known && known.refreshAt > this.#clock.now()) return known;
    const begin = this.#clock.now();
    const request: TokenRequest = {
      apiVersion: "authentication.k8s.io/v1",
      kind: "TokenRequest",
      metadata: {},
      spec: {
        audiences: need.audience ? [need.audience] : [],
        expirationSeconds: need.expirationSeconds,
        boundObjectRef: { apiVersion: "v1", kind: "Pod", name, uid },
      },
    };
    const { status } = await this.#client.create(tokenRequests, request, {
      namespace,
      name: pod.spec.serviceAccountName || "default",
      subresource: "token",
      signal: this.#signal,
    });
    const expires = parseTime(status?.expirationTimestamp ?? "");
    const token = { token: status?.token ?? "", refreshAt: begin + Math.min((expires - begin) * 0.8, day) };
    held.set(key, token);
    return token;
  }

  release(uid: string): void {
    this.#tokens.delete(uid);
  }
}
