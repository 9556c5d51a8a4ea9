import { generateKeyPairSync, type KeyObject } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import https from "node:https";
import type { AddressInfo } from "node:net";
import { type JWTPayload, SignJWT } from "jose";
import {
  certificatePem,
  privateKeyPem,
  testAuthority,
  testServerCertificate,
} from "../../../../../tests/fixtures/certificates.ts";

export interface IssuerKey {
  readonly kid: string;
  readonly alg: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

/** Made once: RSA keys take their time. */
const made = new Map<string, IssuerKey>();

export function issuerKey(alg: string, kid = alg): IssuerKey {
  let key = made.get(`${alg} ${kid}`);
  if (key === undefined) {
    const curve = { ES256: "P-256", ES384: "P-384", ES512: "P-521" }[alg];
    const pair = curve === undefined
      ? generateKeyPairSync("rsa", { modulusLength: 2048 })
      : generateKeyPairSync("ec", { namedCurve: curve });
    made.set(`${alg} ${kid}`, key = { kid, alg, ...pair });
  }
  return key;
}

/** An issuer of tokens as OpenID Connect describes it, on the loopback, over TLS. */
export class TestIssuer implements AsyncDisposable {
  /** PEM. */
  readonly ca: string;
  readonly url: string;
  /** What the discovery document says of itself. */
  claimedUrl: string;
  /** Those of the key set. */
  keys: readonly IssuerKey[] = [issuerKey("RS256")];
  /** Paths that were asked for. */
  readonly asked: string[] = [];
  /** Further paths, and the text they answer; undefined refuses. */
  readonly paths = new Map<string, (request: IncomingMessage) => string | undefined>();
  down = false;
  readonly #server: https.Server;

  private constructor(ca: string, server: https.Server) {
    this.ca = ca;
    this.#server = server;
    this.url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/realm`;
    this.claimedUrl = this.url;
    server.on("request", (request: IncomingMessage, response: ServerResponse) => this.#answer(request, response));
  }

  static async start(): Promise<TestIssuer> {
    const authority = await testAuthority();
    const certificate = await testServerCertificate(authority);
    const server = https.createServer({ cert: certificatePem(certificate), key: await privateKeyPem(certificate) });
    const { promise, resolve } = Promise.withResolvers<void>();
    server.listen(0, "127.0.0.1", resolve);
    await promise;
    return new TestIssuer(certificatePem(authority), server);
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { pathname } = new URL(request.url!, this.url);
    this.asked.push(pathname);
    const text = this.down ? undefined : this.#text(pathname, request);
    response.writeHead(text === undefined ? 503 : 200, { "content-type": "application/json" }).end(text);
  }

  #text(path: string, request: IncomingMessage): string | undefined {
    if (path === "/realm/.well-known/openid-configuration") {
      return JSON.stringify({ issuer: this.claimedUrl, jwks_uri: `${this.url}/keys?all=yes` });
    }
    if (path === "/realm/keys" && request.url!.endsWith("?all=yes")) {
      const keys = this.keys.map(({ kid, alg, publicKey }) => ({
        ...publicKey.export({ format: "jwk" }),
        kid,
        alg,
        use: "sig",
      }));
      return JSON.stringify({ keys });
    }
    return this.paths.get(path)?.(request);
  }

  /** A token of this issuer for `skiff`, good for ten minutes from `now` (milliseconds), as far as nothing else is said. */
  async token(
    now: number,
    claims: JWTPayload = {},
    { key = this.keys[0]!, header = {} }: { readonly key?: IssuerKey; readonly header?: Record<string, unknown> } = {},
  ): Promise<string> {
    const seconds = Math.floor(now / 1000);
    const all = { iss: this.url, aud: "skiff", sub: "jane", iat: seconds, exp: seconds + 600, ...claims };
    return await new SignJWT(all).setProtectedHeader({ alg: key.alg, kid: key.kid, ...header }).sign(key.privateKey);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    this.#server.closeAllConnections();
    await promise;
  }
}
