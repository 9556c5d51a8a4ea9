import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";

export interface HttpGet {
  readonly scheme: "http" | "https";
  readonly host: string;
  readonly port: number;
  /** With its query. */
  readonly path: string;
  readonly headers: readonly { readonly name: string; readonly value: string }[];
  readonly userAgent: string;
  readonly timeoutMilliseconds: number;
}

export interface HttpAnswer {
  readonly status: number;
  /** Its first 10 KiB. */
  readonly body: string;
  /** Where a redirect leads that goes to another host: it was not followed. */
  readonly leadsAway?: string;
}

const maxBody = 10 * 1024;
const maxRedirects = 10;

/**
 * One GET from a Pod, without checking its certificate and on a connection of its own. Redirects on the same host are followed. Rejects when there
 * is no answer in time.
 */
export async function httpGet(get: HttpGet, signal?: AbortSignal): Promise<HttpAnswer> {
  const limit = AbortSignal.timeout(get.timeoutMilliseconds);
  const both = signal ? AbortSignal.any([signal, limit]) : limit;
  let url = new URL(
    `${get.scheme}://${bracketed(get.host)}:${get.port}${get.path.startsWith("/") ? "" : "/"}${get.path}`,
  );
  try {
    for (let hop = 0; hop <= maxRedirects; hop++) {
      const { status, body, location } = await once(url, get, both);
      if (!location || status < 300 || status >= 400 || status === 304) return { status, body };
      const next = new URL(location, url);
      if (next.hostname !== url.hostname) return { status, body, leadsAway: next.href };
      url = next;
    }
    throw new Error(`more than ${maxRedirects} redirects`);
  } catch (error) {
    if (limit.aborted) throw new Error(`no answer from ${url.href} within ${get.timeoutMilliseconds / 1000}s`);
    throw error;
  }
}

function once(
  url: URL,
  get: HttpGet,
  signal: AbortSignal,
): Promise<{ status: number; body: string; location: string | undefined }> {
  const headers: Record<string, string | string[]> = {
    "User-Agent": get.userAgent,
    Accept: "*/*",
    Connection: "close",
  };
  for (const { name, value } of get.headers) {
    const same = Object.keys(headers).find((known) => known.toLowerCase() === name.toLowerCase());
    const before = get.headers.filter((other) => other.name.toLowerCase() === name.toLowerCase()).map((o) => o.value);
    if (same) delete headers[same];
    // An empty value takes a default header away.
    if (value !== "" || before.length > 1) headers[name] = before.length > 1 ? before : value;
  }
  return new Promise((resolve, reject) => {
    const options = { method: "GET", headers, signal, agent: false as const };
    const answered = (response: import("node:http").IncomingMessage) => {
      const chunks: Uint8Array[] = [];
      let size = 0;
      const finish = () => {
        const body = new TextDecoder().decode(concat(chunks, Math.min(size, maxBody)));
        resolve({ status: response.statusCode ?? 0, body, location: response.headers.location });
      };
      response.on("data", (chunk: Uint8Array) => {
        chunks.push(chunk);
        size += chunk.length;
        if (size < maxBody) return;
        finish();
        response.destroy();
      });
      response.on("end", finish);
      response.on("error", reject);
    };
    const sent = url.protocol === "https:"
      ? httpsRequest(url, { ...options, rejectUnauthorized: false }, answered)
      : httpRequest(url, options, answered);
    sent.on("error", reject);
    sent.end();
  });
}

function concat(chunks: readonly Uint8Array[], size: number): Uint8Array {
  const all = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    const part = chunk.subarray(0, size - at);
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function bracketed(host: string): string {
  return host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;
}
