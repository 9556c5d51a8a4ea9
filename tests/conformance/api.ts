import https from "node:https";
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { apiVersionOf, type KubeObject, type Resource } from "../../api/resource.ts";
import { serviceaccounts } from "../../api/resources.ts";
import type { Client } from "../../client/client.ts";
import { createHttpsClient, type HttpsClient } from "../../client/https.ts";
import { type KubeconfigOptions, readKubeconfig } from "../../client/kubeconfig.ts";
import { type Cluster, type ClusterOptions, startCluster } from "../../mod.ts";
import { retry } from "../e2e/retry.ts";

export interface Answer {
  readonly code: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  // What comes over the wire is looked at field by field.
  // deno-lint-ignore no-explicit-any
  readonly json: any;
}

export interface Call {
  /** Sent as JSON, a string as it stands. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Without the administrator's certificate: as the one of this token, or as nobody for `""`. */
  readonly token?: string;
}

/** A cluster in memory as its users reach it: over HTTPS, with the administrator's certificate. */
export class TestApi implements AsyncDisposable {
  readonly client: HttpsClient;
  /** In process, for what is no user's doing. */
  readonly inside: Client;
  readonly url: string;
  /** Path of the administrator's. */
  readonly kubeconfig: string;
  readonly #cluster: Cluster;
  readonly #admin: https.Agent;
  readonly #nobody: https.Agent;
  #namespaces = 0;

  private constructor(cluster: Cluster, config: KubeconfigOptions) {
    this.#cluster = cluster;
    this.url = cluster.url;
    this.kubeconfig = cluster.kubeconfig;
    this.inside = cluster.client;
    this.client = createHttpsClient(config);
    const { ca, cert, key } = config;
    this.#admin = new https.Agent({ ca, cert, key, keepAlive: true });
    this.#nobody = new https.Agent({ ca, keepAlive: true });
  }

  static async start(options: ClusterOptions = {}): Promise<TestApi> {
    const cluster = await startCluster(options);
    return new TestApi(cluster, await readKubeconfig(cluster.kubeconfig));
  }

  /** One request, its answer read to the end. */
  async call(method: string, path: string, call: Call = {}): Promise<Answer> {
    const response = await this.open(method, path, call);
    let text = "";
    response.setEncoding("utf8");
    for await (const chunk of response) text += chunk;
    const json = response.headers["content-type"]?.startsWith("application/json") ? JSON.parse(text) : undefined;
    return { code: response.statusCode!, headers: response.headers, text, json };
  }

  /** One request whose answer the caller reads; destroy it to end a watch. */
  open(method: string, path: string, { body, headers, token }: Call = {}): Promise<IncomingMessage> {
    const content = body === undefined ? undefined : typeof body === "string" ? body : JSON.stringify(body);
    return new Promise((resolve, reject) => {
      const request = https.request(`${this.url}${path}`, {
        method,
        agent: token === undefined ? this.#admin : this.#nobody,
        headers: {
          ...(content !== undefined && {
            "content-type": "application/json",
            // A DELETE has none by itself.
            "content-length": String(new TextEncoder().encode(content).length),
          }),
          ...(token && { authorization: `Bearer ${token}` }),
          ...headers,
        },
      }, resolve);
      request.on("error", reject);
      request.end(content);
    });
  }

  /** A namespace for one test, in which Pods can be made. */
  async namespace(): Promise<string> {
    const name = `test-${++this.#namespaces}`;
    const body = { apiVersion: "v1", kind: "Namespace", metadata: { name } };
    const { code, text } = await this.call("POST", "/api/v1/namespaces", { body });
    if (code !== 201) throw new Error(`the namespace ${name} was refused: ${text}`);
    const account = { namespace: name, name: "default" };
    await retry(`the account of ${name}`, () => this.client.get(serviceaccounts, account));
    return name;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.client.close();
    this.#admin.destroy();
    this.#nobody.destroy();
    await this.#cluster.close();
  }
}

/** The path of a kind's collection, or of an object in it. */
export function pathOf(resource: Resource, namespace: string, ...rest: string[]): string {
  const root = resource.group === "" ? "/api/v1" : `/apis/${apiVersionOf(resource)}`;
  const middle = resource.namespaced && namespace !== "" ? ["namespaces", namespace] : [];
  return [root, ...middle, resource.resource, ...rest].join("/");
}

/** An object's type fields, for bodies. */
export function typed(resource: Resource, object: Record<string, unknown>): KubeObject {
  return { apiVersion: apiVersionOf(resource), kind: resource.kind, ...object } as KubeObject;
}
