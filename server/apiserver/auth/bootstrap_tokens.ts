import { createHash, timingSafeEqual } from "node:crypto";
import type { Clock } from "../../../api/clock.ts";
import { parseTime } from "../../../api/meta/time.ts";
import type { Secret } from "../../../api/types/core_v1.ts";
import { AuthenticationError } from "./authenticator.ts";
import type { FindUser } from "./bearer_tokens.ts";

export const bootstrapTokenType = "bootstrap.kubernetes.io/token";
const namePrefix = "bootstrap-token-";
const userPrefix = "system:bootstrap:";
const group = "system:bootstrappers";
const tokenForm = /^([a-z0-9]{6})\.([a-z0-9]{16})$/;
const extraGroup = /^system:bootstrappers:[a-z0-9:-]{0,255}[a-z0-9]$/;

export interface BootstrapTokensOptions {
  /** A Secret of `kube-system`. */
  readonly secret: (name: string) => Promise<Secret | undefined>;
  readonly clock: Pick<Clock, "now">;
}

/** Tokens by which new nodes introduce themselves: `id.secret`, as a Secret of `kube-system` says that is named after the id. */
export function bootstrapTokens({ secret: find, clock }: BootstrapTokensOptions): FindUser {
  return async (token) => {
    const [, id = "", shown = ""] = tokenForm.exec(token) ?? [];
    if (id === "") return undefined;
    const secret = await find(namePrefix + id);
    const data = fieldsOf(secret);
    const problem = secret === undefined
      ? "it is unknown"
      : secret.metadata.deletionTimestamp !== undefined
      ? "its Secret is being deleted"
      : secret.type !== bootstrapTokenType
      ? `its Secret is not of the type ${bootstrapTokenType}`
      : !sameText(data("token-secret"), shown) || data("token-id") !== id
      ? "its secret part is wrong"
      : data("usage-bootstrap-authentication") !== "true"
      ? "it is not for authentication"
      : hasExpired(data("expiration"), clock.now())
      ? "it has expired"
      : undefined;
    if (problem !== undefined) throw refused(id, problem);
    return { name: userPrefix + id, groups: [group, ...extraGroups(id, data("auth-extra-groups"))] };
  };
}

/** A time that cannot be read is over. */
export function hasExpired(expiration: string, now: number): boolean {
  if (expiration === "") return false;
  try {
    return parseTime(expiration) <= now;
  } catch {
    return true;
  }
}

/** Reads the fields of a Secret as text; `""` for what is not there. */
export function fieldsOf(secret: Secret | undefined): (name: string) => string {
  return (name) => {
    const value = secret?.data?.[name];
    if (value === undefined) return "";
    return new TextDecoder().decode(Uint8Array.fromBase64(value));
  };
}

function extraGroups(id: string, text: string): string[] {
  const groups = text.split(",").filter(Boolean);
  const wrong = groups.find((name) => !extraGroup.test(name));
  if (wrong !== undefined) throw refused(id, `${JSON.stringify(wrong)} is no group for bootstrap tokens`);
  return [...new Set(groups)].toSorted();
}

function refused(id: string, why: string): AuthenticationError {
  return new AuthenticationError("token", `the bootstrap token ${id} is refused: ${why}`);
}

/** In time that tells nothing of either. */
export function sameText(a: string, b: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
