import { Buffer } from "node:buffer";
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import https from "node:https";
import type { KubeObject } from "../../../../api/resource.ts";
import { systemClock } from "../../../../api/clock.ts";
import type { ResourceRow } from "../../../../api/schema/contract.ts";
import { schema } from "../../../../api/schema/schema.ts";
import type { KeyPair } from "../../../pki/issue.ts";
import { openPki, type Pki } from "../../../pki/pki.ts";
import { AccessControl } from "../../auth/access.ts";
import { unionAuthenticator } from "../../auth/authenticator.ts";
import { audienceAgnostic, bearerTokenAuthenticator, staticTokens } from "../../auth/bearer_tokens.ts";
import { clientCertificateAuthenticator } from "../../auth/client_certificates.ts";
import { defaultPolicy } from "../../rbac/bootstrap/expected.ts";
import { type ApiServerOptions, startApiServer } from "../api_server.ts";
import { MemoryRegistry } from "./memory_registry.ts";

export interface Answer {
  readonly code: number;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Uint8Array;
  readonly text: string;
  /** deno-lint-ignore no-explicit-any */
  // deno-lint-ignore no-explicit-any
  readonly json: any;
}

export interface Request {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | Uint8Array;
  /** `false`: no certificate. Default: the administrator's. */
  readonly client?: KeyPair | false;
}

/** An API server on the loopback over a registry in memory, and a client for it. */
export class Edge implements AsyncDisposable {
  readonly port: number;
  readonly pki: Pki;
  readonly registry: MemoryRegistry;
  readonly #close: () => Promise<void>;
  /** Kept alive, as clients do. */
  readonly #agents = new Map<string, https.Agent>();

  private constructor(port: number, pki: Pki, registry: MemoryRegistry, close: () => Promise<void>) {
    this.port = port;
    this.pki = pki;
    this.registry = registry;
    this.#close = close;
  }

  static async start(options: Partial<ApiServerOptions> = {}): Promise<Edge> {
    const directory = await Deno.makeTempDir({ prefix: "skiff-edge-" });
    const pki = await openPki(directory);
    const registry = new MemoryRegistry();
    const tokens = new Map([["right-token", { name: "bearer", groups: ["system:masters"] }]]);
    const server = await startApiServer({
      registry,
      pki,
      address: "127.0.0.1",
      port: 0,
      authenticator: unionAuthenticator([
        clientCertificateAuthenticator(() => pki.clusterCa, systemClock()),
        bearerTokenAuthenticator(audienceAgnostic(staticTokens(tokens), ["api"]), ["api"]),
      ]),
      authorizer: await defaultAccess(),
      ...options,
    });
    return new Edge(server.port, pki, registry, async () => {
      await server.close();
      await Deno.remove(directory, { recursive: true });
    });
  }

  put(resource: string, object: KubeObject): void {
    this.registry.put(rowOf(resource), object);
  }

  /** The whole answer. */
  async fetch(path: string, request: Request = {}): Promise<Answer> {
    const answer = await this.open(path, request);
    const chunks: Buffer[] = [];
    for await (const chunk of answer) chunks.push(chunk);
    const bytes = Buffer.concat(chunks);
    const text = bytes.toString("utf8");
    return {
      code: answer.statusCode ?? 0,
      headers: answer.headers,
      bytes,
      text,
      get json() {
        return JSON.parse(text);
      },
    };
  }

  /** The answer as soon as its headers are there. */
  open(
    path: string,
    { method = "GET", headers = {}, body, client = this.pki.admin }: Request = {},
  ): Promise<IncomingMessage> {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const request = https.request({
      host: "127.0.0.1",
      port: this.port,
      path,
      method,
      // Deno leaves the length of a DELETE's body out.
      headers: body === undefined ? headers : { ...headers, "content-length": String(Buffer.byteLength(body)) },
      agent: this.#agentOf(client),
    }, resolve);
    request.on("error", reject);
    request.end(body);
    return promise;
  }

  #agentOf(client: KeyPair | false): https.Agent {
    const key = client === false ? "" : client.certificate;
    let agent = this.#agents.get(key);
    if (agent === undefined) {
      const shown = client === false ? {} : { cert: client.certificate, key: client.key };
      agent = new https.Agent({ keepAlive: true, ca: this.pki.clusterCa, ...shown });
      this.#agents.set(key, agent);
    }
    return agent;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const agent of this.#agents.values()) agent.destroy();
    await this.#close();
  }
}

/** With the default roles alone. They lie in a registry of their own, so that a test finds only what it made. */
async function defaultAccess(): Promise<AccessControl> {
  const registry = new MemoryRegistry();
  const { clusterRoles, clusterRoleBindings } = defaultPolicy();
  for (const role of clusterRoles) registry.put(rowOf("clusterroles"), role);
  for (const binding of clusterRoleBindings) registry.put(rowOf("clusterrolebindings"), binding);
  const access = new AccessControl();
  await access.follow(registry);
  return access;
}

export function rowOf(resource: string): ResourceRow {
  return schema.resources().find((row) => row.resource === resource)!;
}

export function configMap(name: string, data: Record<string, string> = {}): KubeObject {
  const object = { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace: "default" }, data };
  return object;
}
