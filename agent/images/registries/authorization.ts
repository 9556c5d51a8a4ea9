import type { IncomingMessage } from "node:http";
import type { Credentials } from "./registries_file.ts";

/** What a registry wants to see, of its `WWW-Authenticate` (RFC 7235; distribution's token specification). */
export interface Challenge {
  /** In small letters: `basic`, `bearer`. */
  readonly scheme: string;
  readonly parameters: Readonly<Record<string, string>>;
}

/** Pure. */
export function parseChallenge(text: string): Challenge {
  const [, scheme = "", rest = ""] = /^\s*(\S+)\s*(.*)$/s.exec(text) ?? [];
  const found = rest.matchAll(/([a-zA-Z0-9_-]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/g);
  const parameters = Object.fromEntries(
    found.map(([, name, quoted, bare]) => [name!.toLowerCase(), quoted?.replaceAll(/\\(.)/g, "$1") ?? bare ?? ""]),
  );
  return { scheme: scheme.toLowerCase(), parameters };
}

/** What to show a registry that asks for name and password; undefined when it asks for something else, or there is none. */
export function authorizationOf(challenge: string, credentials: Credentials | undefined): string | undefined {
  return parseChallenge(challenge).scheme === "basic" ? basic(credentials) : undefined;
}

function basic(credentials: Credentials | undefined): string | undefined {
  const { username, password, auth } = credentials ?? {};
  if (auth !== undefined) return `Basic ${auth}`;
  if (username === undefined) return undefined;
  return `Basic ${new TextEncoder().encode(`${username}:${password}`).toBase64()}`;
}

type Get = (url: URL, headers: Record<string, string>) => Promise<IncomingMessage>;

const MAX_ANSWER = 64 * 1024;
const MAX_TOKENS = 1000;
/** A token that is not said to last longer lasts a minute. */
const LIFETIME_SECONDS = 60;
const EARLY_SECONDS = 10;

/** Tokens that a registry's authorization service gives, kept for as long as they last. */
export class BearerTokens {
  readonly #credentials: Credentials | undefined;
  readonly #get: Get;
  readonly #tokens = new Map<string, { readonly text: string; readonly until: number }>();

  constructor(credentials: Credentials | undefined, get: Get) {
    this.#credentials = credentials;
    this.#get = get;
  }

  known(target: URL): string | undefined {
    const token = this.#tokens.get(repositoryOf(target));
    return token !== undefined && token.until > Date.now() ? token.text : undefined;
  }

  /** Undefined for a challenge of another kind, and when the service gives no token. */
  async answerTo(challenge: string, target: URL): Promise<string | undefined> {
    const { scheme, parameters: { realm, service, scope } } = parseChallenge(challenge);
    const url = scheme === "bearer" ? URL.parse(realm ?? "") : null;
    if (url === null) return undefined;
    if (service !== undefined) url.searchParams.set("service", service);
    if (scope !== undefined) url.searchParams.set("scope", scope);
    const authorization = this.#credentials?.identityToken === undefined
      ? basic(this.#credentials)
      : `Bearer ${this.#credentials.identityToken}`;
    const answer = await this.#get(url, authorization ? { authorization } : {});
    const text = await textOf(answer);
    if (answer.statusCode !== 200) return undefined;
    const { token, access_token: other, expires_in: seconds = LIFETIME_SECONDS } = JSON.parse(text);
    const given = token ?? other;
    if (typeof given !== "string") return undefined;
    if (this.#tokens.size >= MAX_TOKENS) this.#tokens.delete(this.#tokens.keys().next().value!);
    const until = Date.now() + (Number(seconds) - EARLY_SECONDS) * 1000;
    this.#tokens.set(repositoryOf(target), { text: `Bearer ${given}`, until });
    return `Bearer ${given}`;
  }
}

function repositoryOf({ pathname }: URL): string {
  return pathname.replace(/\/(manifests|blobs|tags|referrers)\/[^/]+$/, "");
}

async function textOf(answer: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of answer.setEncoding("utf8")) {
    text += chunk;
    if (text.length > MAX_ANSWER) throw new Error("the registry's authorization service answers without end");
  }
  return text;
}
