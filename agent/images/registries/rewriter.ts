import {
  createServer,
  type IncomingMessage,
  request as httpRequest,
  type Server,
  type ServerResponse,
} from "node:http";
import { request as httpsRequest, type RequestOptions } from "node:https";
import type { AddressInfo } from "node:net";
import { pipeline } from "node:stream/promises";
import { getLogger } from "@logtape/logtape";
import { authorizationOf, BearerTokens } from "./authorization.ts";
import type { Credentials, Rewrite } from "./registries_file.ts";

/** An endpoint of a mirror that gets other names than containerd asks for. */
export interface RewrittenEndpoint {
  readonly url: URL;
  readonly rewrites: readonly Rewrite[];
  readonly credentials?: Credentials;
  readonly tls?: {
    readonly ca?: string;
    readonly cert?: string;
    readonly key?: string;
    readonly rejectUnauthorized?: boolean;
  };
}

export interface Rewriter {
  /** Where containerd is to ask for an endpoint, `http://127.0.0.1:PORT/SECRET/N/v2`. */
  addressOf(index: number): string;
  close(): Promise<void>;
}

const MAX_REDIRECTS = 5;
/** Until an answer's head, or between two pieces of its body. */
const TIMEOUT = 60_000;
const PASSED_ON = ["accept", "range", "user-agent", "if-none-match", "authorization"];
const PASSED_BACK = [
  "accept-ranges",
  "content-length",
  "content-range",
  "content-type",
  "docker-content-digest",
  "docker-distribution-api-version",
  "etag",
  "www-authenticate",
];

const logger = getLogger(["skiff", "registries"]);

/**
 * A small server on the loopback between containerd and mirrors that have images under other names: containerd itself cannot rewrite. It reads
 * images only, and answers nobody who does not know the random part of its address, since it shows the mirror's credentials.
 */
export async function startRewriter(endpoints: readonly RewrittenEndpoint[]): Promise<Rewriter> {
  const secret = crypto.getRandomValues(new Uint8Array(16)).toHex();
  const upstreams = endpoints.map((endpoint) => new Upstream(endpoint));
  const server = createServer((request, response) => {
    const [, index = "", path = ""] = new RegExp(`^/${secret}/(\\d{1,4})(/v2/.*)$`).exec(request.url ?? "") ?? [];
    const upstream = upstreams[Number(index)];
    if (index === "" || upstream === undefined || (request.method !== "GET" && request.method !== "HEAD")) {
      response.writeHead(404).end();
      return;
    }
    upstream.answer(request, path, response).catch((error) => {
      logger.warn("{url} did not answer: {error}", { url: endpoints[Number(index)]!.url.origin, error });
      if (response.headersSent) response.destroy();
      else response.writeHead(502).end();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    addressOf: (index) => `http://127.0.0.1:${port}/${secret}/${index}/v2`,
    close: () => closed(server),
  };
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

/** `library/busybox` of `/v2/library/busybox/manifests/1?ns=docker.io`, and what is before and behind it. */
const resource = /^\/v2\/(.+)\/(manifests|blobs|tags|referrers)\/([^?]+)(?:\?.*)?$/;

/** The path of the image as the mirror has it. Pure. */
export function rewritePath(path: string, rewrites: readonly Rewrite[]): string {
  const [, name, kind, reference] = resource.exec(path) ?? [];
  if (name === undefined) return path.replace(/\?.*$/, "");
  const rule = rewrites.find(({ pattern }) => pattern.test(name));
  return `/v2/${rule ? name.replace(rule.pattern, rule.replacement) : name}/${kind}/${reference}`;
}

class Upstream {
  readonly #endpoint: RewrittenEndpoint;
  readonly #tokens: BearerTokens;

  constructor(endpoint: RewrittenEndpoint) {
    this.#endpoint = endpoint;
    this.#tokens = new BearerTokens(endpoint.credentials, (url, headers) => this.#get(url, "GET", headers));
  }

  async answer(request: IncomingMessage, path: string, response: ServerResponse): Promise<void> {
    const { url, rewrites } = this.#endpoint;
    // An endpoint with a path of its own says all of where images are, as in containerd's override_path.
    const base = url.pathname === "/" ? url.origin : url.href.replace(/\/(v2\/?)?$/, "");
    const target = new URL(base + rewritePath(path, rewrites));
    const headers = picked(request.headers, PASSED_ON);
    const method = request.method!;
    const answer = await this.#authorized(target, method, headers);
    response.writeHead(answer.statusCode ?? 502, picked(answer.headers, PASSED_BACK));
    await pipeline(answer, response);
  }

  /** The credentials are shown when the mirror asks for them. Those of a Pod's pull secret, which containerd shows, go before. */
  async #authorized(target: URL, method: string, headers: Record<string, string>): Promise<IncomingMessage> {
    const known = headers.authorization === undefined ? this.#tokens.known(target) : undefined;
    const first = await this.#get(target, method, known ? { ...headers, authorization: known } : headers);
    const challenge = first.headers["www-authenticate"];
    if (first.statusCode !== 401 || challenge === undefined || headers.authorization !== undefined) return first;
    const authorization = authorizationOf(challenge, this.#endpoint.credentials) ??
      await this.#tokens.answerTo(challenge, target);
    if (authorization === undefined) return first;
    first.resume();
    return await this.#get(target, method, { ...headers, authorization });
  }

  /** Follows redirections; other hosts than the mirror do not get to see credentials. */
  async #get(target: URL, method: string, headers: Record<string, string>): Promise<IncomingMessage> {
    let [url, sent] = [target, headers];
    for (let turn = 0; turn <= MAX_REDIRECTS; turn++) {
      const answer = await this.#send(url, method, sent);
      const { location } = answer.headers;
      if (![301, 302, 303, 307, 308].includes(answer.statusCode ?? 0) || location === undefined) return answer;
      answer.resume();
      const next = new URL(location, url);
      if (next.host !== url.host) sent = picked(sent, PASSED_ON.filter((name) => name !== "authorization"));
      url = next;
    }
    throw new Error(`${target.origin} redirects more than ${MAX_REDIRECTS} times`);
  }

  #send(url: URL, method: string, headers: Record<string, string>): Promise<IncomingMessage> {
    const tls = url.host === this.#endpoint.url.host ? this.#endpoint.tls : undefined;
    const options: RequestOptions = { method, headers, timeout: TIMEOUT, ...tls };
    return new Promise((resolve, reject) => {
      const request = url.protocol === "http:"
        ? httpRequest(url, options, resolve)
        : httpsRequest(url, options, resolve);
      request.once("timeout", () => request.destroy(new Error(`no answer from ${url.host} in time`)));
      request.once("error", reject);
      request.end();
    });
  }
}

function picked(headers: IncomingMessage["headers"], names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => headers[name] === undefined ? [] : [[name, String(headers[name])]]),
  );
}
