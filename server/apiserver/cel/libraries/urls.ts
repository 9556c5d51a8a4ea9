import type { Environment } from "@marcbachmann/cel-js";
import { parseRequestUri, type RequestUri } from "./request_uri.ts";

const type = "kubernetes.URL";

class Url {
  readonly #text: string;
  readonly #parts: RequestUri;

  constructor(text: string) {
    this.#text = text;
    this.#parts = parseRequestUri(text);
  }

  get parts(): RequestUri {
    return this.#parts;
  }

  equals(other: Url): boolean {
    return `${this}` === `${other}`;
  }

  toString(): string {
    return this.#text;
  }
}

const parts: Readonly<Record<string, (uri: RequestUri) => string>> = {
  getScheme: ({ scheme }) => scheme,
  getHost: ({ host }) => host,
  getHostname: ({ host }) => host.startsWith("[") ? host.slice(1, host.indexOf("]")) : host.replace(/:[0-9]*$/, ""),
  getPort: ({ host }) => /:([0-9]*)$/.exec(host)?.[1] ?? "",
  getEscapedPath: ({ path }) => path,
};

/** Kubernetes' functions on URLs. */
export function registerUrls(environment: Environment): void {
  environment
    .registerType(type, { ctor: Url, fields: {} })
    .registerOperator(`${type} == ${type}`, (one: Url, other: Url) => one.equals(other))
    .registerFunction(`url(string): ${type}`, (text: string) => new Url(text))
    .registerFunction("isURL(string): bool", isUrl)
    .registerFunction(`${type}.getQuery(): map<string, list<string>>`, ({ parts: { query } }: Url) => queryOf(query));
  for (const [name, part] of Object.entries(parts)) {
    environment.registerFunction(`${type}.${name}(): string`, (url: Url) => part(url.parts));
  }
}

/** Undefined when it is one. */
export function problemOfUrl(text: string): string | undefined {
  try {
    parseRequestUri(text);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

function isUrl(text: string): boolean {
  return problemOfUrl(text) === undefined;
}

function queryOf(query: string): Map<string, string[]> {
  const values = new Map<string, string[]>();
  for (const pair of query.split("&")) {
    // Go leaves out what cannot be decoded, and what old servers would have split once more.
    if (pair === "" || pair.includes(";") || /%(?![0-9A-Fa-f]{2})/.test(pair)) continue;
    for (const [key, value] of new URLSearchParams(pair)) values.set(key, [...values.get(key) ?? [], value]);
  }
  return values;
}
