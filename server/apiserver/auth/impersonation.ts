import { LruMap } from "../../../client/lru_map.ts";
import { badRequest, isForbidden, type StatusError } from "../../../api/status.ts";
import type { UserInfo } from "../contract.ts";
import { anonymous, AUTHENTICATED_GROUP } from "./authenticator.ts";
import type { AuthorizationAttributes, Authorizer } from "./authorizer.ts";
import { mustBeAllowed } from "./authorizer.ts";
import { hasOnlyName, modes, type Wanted } from "./impersonation_modes.ts";

type Headers = Readonly<Record<string, string | string[] | undefined>>;

const EXTRA = "impersonate-extra-";
/** Users whose way to act as others is remembered. */
const REMEMBERED = 10_000;
const UNAUTHENTICATED_GROUP = anonymous.groups[0]!;

/** True for a request that is to be carried out as someone else (`kubectl --as`). */
export function asksToImpersonate(headers: Headers): boolean {
  for (const name in headers) if (name.startsWith("impersonate-")) return true;
  return false;
}

/**
 * Who requests act as. There are several ways to be allowed it (`impersonation_modes.ts`); the first that succeeds decides, and when none does, the refusal of the first
 * that was asked is told. Who has come through one way before is asked about that first.
 */
export class Impersonation {
  readonly #authorizer: Authorizer;
  readonly #lastMode = new LruMap<string, number>(REMEMBERED);

  constructor(authorizer: Authorizer) {
    this.#authorizer = authorizer;
  }

  /** `attributes` are those of the request in its real user's name. 403 names what that user may not be. */
  async userOf(attributes: AuthorizationAttributes, headers: Headers): Promise<UserInfo> {
    const { user } = attributes;
    const wanted = wantedIn(headers);
    if (wanted === undefined) return user;
    const last = this.#lastMode.get(user.name);
    const order = [...(last === undefined ? [] : [last]), ...modes.keys().filter((index) => index !== last)];
    let refused: StatusError | undefined;
    for (const index of order) {
      const mode = modes[index]!;
      if (!mode.fits(wanted, user)) continue;
      try {
        for (const question of mode.questions(wanted, attributes)) await this.#mustBeAllowed(question);
      } catch (error) {
        if (!isForbidden(error)) throw error;
        refused ??= error;
        continue;
      }
      this.#lastMode.set(user.name, index);
      return actingAs(wanted, mode.groupsOf(wanted));
    }
    throw refused;
  }

  async #mustBeAllowed(question: AuthorizationAttributes | StatusError): Promise<void> {
    if (question instanceof Error) throw question;
    mustBeAllowed(question, await this.#authorizer.authorize(question));
  }
}

function actingAs({ name, uid, extra }: Wanted, groups: readonly string[]): UserInfo {
  const implied = name === anonymous.name
    ? UNAUTHENTICATED_GROUP
    : groups.includes(UNAUTHENTICATED_GROUP)
    ? undefined
    : AUTHENTICATED_GROUP;
  return {
    name,
    groups: implied === undefined || groups.includes(implied) ? groups : [...groups, implied],
    ...(uid ? { uid } : {}),
    ...(Object.keys(extra).length > 0 ? { extra } : {}),
  };
}

/** Undefined without a user, which is no attempt unless other parts of one are named. */
function wantedIn(headers: Headers): Wanted | undefined {
  const wanted: Wanted = {
    name: valuesOf(headers["impersonate-user"])[0] ?? "",
    uid: valuesOf(headers["impersonate-uid"])[0] ?? "",
    groups: valuesOf(headers["impersonate-group"]).flatMap((value) => value.split(/, */)),
    extra: extraOf(headers),
  };
  if (wanted.name !== "") return wanted;
  if (hasOnlyName(wanted)) return undefined;
  throw badRequest(`requested ${printed(wanted)} without impersonating a user name`);
}

function valuesOf(header: string | string[] | undefined): string[] {
  return header === undefined ? [] : Array.isArray(header) ? header : [header];
}

function extraOf(headers: Headers): Record<string, string[]> {
  const extra: Record<string, string[]> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (name.startsWith(EXTRA)) extra[decoded(name.slice(EXTRA.length))] = valuesOf(value);
  }
  return extra;
}

/** As upstream: what encodes nothing is the key itself. */
function decoded(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    return key;
  }
}

/** As Go prints it, whose words clients know. */
function printed({ name, uid, groups, extra }: Wanted): string {
  const quote = (text: string) => JSON.stringify(text);
  const list = (texts: readonly string[]) => `[]string{${texts.map(quote).join(", ")}}`;
  const entries = Object.keys(extra).toSorted().map((key) => `${quote(key)}:${list(extra[key]!)}`);
  const printedExtra = `map[string][]string${entries.length > 0 ? `{${entries.join(", ")}}` : "(nil)"}`;
  const printedGroups = groups.length > 0 ? list(groups) : "[]string(nil)";
  return `&user.DefaultInfo{Name:${quote(name)}, UID:${quote(uid)}, Groups:${printedGroups}, Extra:${printedExtra}}`;
}
