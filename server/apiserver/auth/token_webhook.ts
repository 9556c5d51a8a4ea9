import { createHash } from "node:crypto";
import { getLogger } from "@logtape/logtape";
import type { Clock } from "../../../api/clock.ts";
import type { TokenReview, TokenReviewStatus } from "../../../api/types/authentication_v1.ts";
import { HttpsTransport } from "../../../client/https_transport.ts";
import { readKubeconfig } from "../../../client/kubeconfig.ts";
import { LruMap } from "../../../client/lru_map.ts";
import { AuthenticationError } from "./authenticator.ts";
import type { KnownToken, TokenAuthenticator } from "./bearer_tokens.ts";

export interface TokenWebhookOptions {
  /** Asks the webhook; rejects when it does not answer in time, or not sensibly. */
  readonly ask: (review: TokenReview) => Promise<unknown>;
  readonly version: "v1" | "v1beta1";
  /** Milliseconds that answers are kept; 0 keeps none. */
  readonly cacheTtl: number;
  /** Of the API server: what an answer without audiences is for. */
  readonly apiAudiences: readonly string[];
  readonly clock: Pick<Clock, "now">;
}

interface Kept {
  readonly known: KnownToken | undefined;
  readonly until: number;
}

const logger = getLogger(["skiff", "apiserver", "authentication"]);
const maxKept = 1024;
const timeout = 30_000;
const maxAnswer = 1024 * 1024;

/** Somebody else's program that knows tokens, asked by TokenReviews. What it does not know, and what goes wrong, is nobody's. */
export function tokenWebhook(options: TokenWebhookOptions): TokenAuthenticator {
  const { clock, cacheTtl } = options;
  const kept = new LruMap<string, Kept>(maxKept);
  const pending = new Map<string, Promise<KnownToken | undefined>>();
  return {
    async authenticateToken(token, audiences) {
      // Tokens are secrets: only their digest is kept.
      const key = createHash("sha256").update(JSON.stringify([token, audiences])).digest("base64");
      const before = kept.get(key);
      if (before !== undefined && clock.now() < before.until) return before.known;
      let asked = pending.get(key);
      if (asked === undefined) {
        asked = ask(token, audiences, options).finally(() => pending.delete(key));
        pending.set(key, asked);
      }
      const known = await asked;
      if (cacheTtl > 0) kept.set(key, { known, until: clock.now() + cacheTtl });
      return known;
    },
  };
}

async function ask(
  token: string,
  audiences: readonly string[],
  { ask, version, apiAudiences }: TokenWebhookOptions,
): Promise<KnownToken | undefined> {
  let status: TokenReviewStatus;
  try {
    const spec = { token, audiences: [...audiences] };
    const apiVersion = `authentication.k8s.io/${version}`;
    status = statusIn(await ask({ apiVersion, kind: "TokenReview", metadata: {}, spec }));
  } catch (error) {
    logger.error("the token webhook failed: {message}", { message: (error as Error).message });
    throw new AuthenticationError("token", "the token webhook failed", { cause: error });
  }
  const held = status.audiences?.length ? status.audiences : apiAudiences;
  const common = audiences.filter((audience) => held.includes(audience));
  if (common.length === 0) return undefined;
  if (!status.authenticated) {
    if (status.error) throw new AuthenticationError("token", `the token webhook refuses it: ${status.error}`);
    return undefined;
  }
  const { username = "", uid, groups = [], extra } = status.user ?? {};
  return { user: { name: username, ...(uid ? { uid } : {}), groups, ...(extra ? { extra } : {}) }, audiences: common };
}

/** A status of another shape than a TokenReview's is none: whatever stands in it would become a user. */
function statusIn(answer: unknown): TokenReviewStatus {
  const status = (answer as TokenReview | undefined)?.status;
  const { authenticated = false, user = {}, audiences = [], error = "" } = status ?? {} as Record<string, never>;
  const { username = "", uid = "", groups = [], extra = {} } = user ?? {};
  const sound = typeof status === "object" && status !== null && typeof authenticated === "boolean" &&
    [username, uid, error].every((one) => typeof one === "string") &&
    [audiences, groups, ...Object.values(extra ?? {})].every(isTexts);
  if (!sound) throw new TypeError("its answer is no TokenReview with a status");
  if (authenticated && username === "") throw new TypeError("its answer names no user");
  return status;
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((one) => typeof one === "string");
}

/** The webhook that a kubeconfig names: its server's URL, path and all, is where reviews are sent. Rejects with a KubeconfigError. */
export async function openTokenWebhook(
  kubeconfig: string,
  options: Omit<TokenWebhookOptions, "ask">,
): Promise<TokenAuthenticator & { readonly close: () => void }> {
  const transport = new HttpsTransport({ ...await readKubeconfig(kubeconfig), timeout, maxAnswer });
  const ask = (review: TokenReview) => transport.json({ method: "POST", path: "", body: JSON.stringify(review) });
  return { ...tokenWebhook({ ...options, ask }), close: () => transport.close() };
}
