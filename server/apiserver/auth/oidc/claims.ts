import { AuthenticationError } from "../authenticator.ts";

/** What a token says, its signature verified. Keys are the claims' names. */
export type Claims = Readonly<Record<string, unknown>>;

const CLOCK_LEEWAY = 60;

/** The claims of a payload; throws an AuthenticationError for what is no map. */
export function parseClaims(payload: Uint8Array): Claims {
  let claims: unknown;
  try {
    claims = JSON.parse(new TextDecoder().decode(payload));
  } catch {
    claims = undefined;
  }
  if (typeof claims !== "object" || claims === null || Array.isArray(claims)) throw refused("its payload is no map");
  return claims as Claims;
}

/** Undefined for a claim that is not there. */
export function claimOf(claims: Claims, name: string): unknown {
  return Object.hasOwn(claims, name) ? claims[name] : undefined;
}

export function textClaim(claims: Claims, name: string): string {
  const value = claimOf(claims, name);
  if (typeof value !== "string") throw refused(`its claim ${name} is ${value === undefined ? "missing" : "no text"}`);
  return value;
}

/** A list of texts, or one text for a list of it alone. */
export function textsOf(value: unknown, what: string): string[] {
  if (typeof value === "string") return [value];
  if (Array.isArray(value) && value.every((one) => typeof one === "string")) return value as string[];
  throw refused(`${what} is neither a text nor a list of texts`);
}

/** Throws an AuthenticationError for a token that is for somebody else, or not now. `now`: milliseconds. */
export function checkStandardClaims(claims: Claims, audiences: readonly string[], now: number): void {
  const held = textsOf(claimOf(claims, "aud") ?? [], "its claim aud");
  if (!held.some((audience) => audiences.includes(audience))) {
    throw refused(`it is for ${JSON.stringify(held)}, not for one of ${JSON.stringify(audiences)}`);
  }
  const [exp, nbf] = [timeClaim(claims, "exp"), timeClaim(claims, "nbf")];
  if (exp === undefined || exp * 1000 <= now) throw refused("it has expired");
  if (nbf !== undefined && (nbf - CLOCK_LEEWAY) * 1000 > now) throw refused("it is not valid yet");
}

function timeClaim(claims: Claims, name: string): number | undefined {
  const value = claimOf(claims, name);
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "number" || !Number.isFinite(value)) throw refused(`its claim ${name} is no time`);
  return value;
}

/** The client hears no more than `Unauthorized`. */
export function refused(why: string, cause?: unknown): AuthenticationError {
  return new AuthenticationError("token", `the token of an external issuer is refused: ${why}`, { cause });
}
