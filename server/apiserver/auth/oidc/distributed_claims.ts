import type { Clock } from "../../../../api/clock.ts";
import { HttpsTransport } from "../../../../client/https_transport.ts";
import { checkStandardClaims, claimOf, type Claims, refused } from "./claims.ts";
import type { JwtConfiguration } from "./configuration.ts";
import { IssuerKeys } from "./issuer_keys.ts";
import { claimedIssuer, verifiedClaims } from "./verify.ts";

export interface DistributedGroupsOptions {
  readonly configuration: Pick<JwtConfiguration, "issuer">;
  readonly algorithms: readonly string[];
  readonly clock: Pick<Clock, "now">;
}

/** Fetches groups when a token only says where they are (OpenID Connect Core 1.0, section 5.6.2). */
export interface DistributedGroups {
  /** The claims, with the groups among them. Rejects with an AuthenticationError when they should be there and cannot be had. */
  expand(claims: Claims): Promise<Claims>;
  close(): void;
}

const timeout = 10_000;
const maxAnswer = 256 * 1024;
/** Who signs such groups: the issuer's own services. */
const maxIssuers = 16;

/** Groups come as a token of their own, from a place that the first token names, signed by whoever it says and found by discovery, as upstream. */
export function distributedGroups(claim: string, options: DistributedGroupsOptions): DistributedGroups {
  const issuers = new Map<string, IssuerKeys>();
  const keysOf = (url: string): IssuerKeys => {
    let keys = issuers.get(url);
    if (keys === undefined) {
      if (issuers.size >= maxIssuers) throw refused(`${url} is one issuer of groups too many`);
      keys = new IssuerKeys({ issuer: { ...options.configuration.issuer, url }, clock: options.clock });
      issuers.set(url, keys);
    }
    return keys;
  };
  return {
    async expand(claims) {
      const source = claimOf(claims, claim) === undefined ? sourceOf(claims, claim) : undefined;
      if (source === undefined) return claims;
      const token = await fetchToken(source, options.configuration.issuer.certificateAuthority);
      const url = await claimedIssuer(token);
      if (url === undefined) throw refused(`what ${source.endpoint} answers is no token`);
      const found = await verifiedClaims(token, keysOf(url), options.algorithms);
      checkStandardClaims(found, options.configuration.issuer.audiences, options.clock.now());
      if (claimOf(found, claim) === undefined) throw refused(`the token of ${source.endpoint} has no claim ${claim}`);
      return { ...claims, [claim]: found[claim] };
    },
    close() {
      for (const keys of issuers.values()) keys.close();
    },
  };
}

interface Source {
  readonly endpoint: string;
  readonly accessToken: string;
}

/** Undefined when the token names no place for the claim. */
function sourceOf(claims: Claims, claim: string): Source | undefined {
  const name = claimOf(mapOf(claims, "_claim_names") ?? {}, claim);
  if (name === undefined) return undefined;
  const sources = mapOf(claims, "_claim_sources");
  const source = typeof name === "string" && sources !== undefined ? claimOf(sources, name) : undefined;
  if (typeof source !== "object" || source === null) throw refused(`it names no source of its claim ${claim}`);
  const { endpoint = "", access_token: accessToken = "" } = source as Record<string, unknown>;
  if (typeof endpoint !== "string" || typeof accessToken !== "string") {
    throw refused("a claim source of it is malformed");
  }
  return endpoint === "" ? undefined : { endpoint, accessToken };
}

function mapOf(claims: Claims, name: string): Claims | undefined {
  const value = claimOf(claims, name);
  if (value === undefined) return undefined;
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw refused(`its claim ${name} is no map`);
  return value as Claims;
}

async function fetchToken({ endpoint, accessToken }: Source, ca: string | undefined): Promise<string> {
  const url = URL.parse(endpoint);
  if (url?.protocol !== "https:") throw refused(`the claim source ${endpoint} is not reached by https`);
  const transport = new HttpsTransport({
    ...{ server: url.origin, timeout, maxAnswer },
    ...(ca === undefined ? {} : { ca }),
    ...(accessToken === "" ? {} : { token: accessToken }),
  });
  try {
    const answer = await transport.open({ method: "GET", path: url.pathname + url.search });
    let text = "";
    for await (const line of answer.lines()) text += line;
    return text.trim();
  } catch (error) {
    throw refused(`the claim source ${endpoint} failed: ${(error as Error).message}`, error);
  } finally {
    transport.close();
  }
}
