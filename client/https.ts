import { deepFreeze } from "../api/meta/freeze.ts";
import { apiVersionOf, type KubeList, type KubeObject, type Resource } from "../api/resource.ts";
import { StatusError } from "../api/status.ts";
import type { Status } from "../api/types/meta_v1.ts";
import type {
  Client,
  CreateOptions,
  DeleteOptions,
  GetOptions,
  ListOptions,
  Patch,
  Target,
  UpdateOptions,
  WatchEvent,
  WatchOptions,
} from "./client.ts";
import { type ConnectionSource, type HttpsOptions, HttpsTransport } from "./https_transport.ts";
import { deleteBody, listQuery, namespaceOf, queryString, resourcePath, writeQuery } from "./paths.ts";

export interface HttpsClient extends Client, Disposable {
  /** Ends the kept connections. */
  close(): void;
}

const patchTypes: Readonly<Record<Patch["type"], string>> = {
  json: "application/json-patch+json",
  merge: "application/merge-patch+json",
  strategic: "application/strategic-merge-patch+json",
};

/** Seconds of a watch whose caller does not say; some more at random, so that a thousand watches do not end at once. */
const watchSeconds = 300;
/** How much longer than agreed a watch may last before its connection counts as dead. */
const watchGrace = 30;

/** The API over HTTP/1.1 with TLS. With `source`, servers and credentials are its. Throws a TypeError for a `server` that is no URL. */
export function createHttpsClient(options: HttpsOptions & { readonly source?: ConnectionSource }): HttpsClient {
  return new HttpsApi(new HttpsTransport(options));
}

class HttpsApi implements HttpsClient {
  readonly #transport: HttpsTransport;

  constructor(transport: HttpsTransport) {
    this.#transport = transport;
  }

  async get<T extends KubeObject>(resource: Resource<T>, target: Target, options: GetOptions = {}): Promise<T> {
    const path = resourcePath(resource, { ...target, subresource: options.subresource });
    return frozen(await this.#transport.json({ method: "GET", path, signal: options.signal }));
  }

  async list<T extends KubeObject>(resource: Resource<T>, options: ListOptions = {}): Promise<KubeList<T>> {
    const path = resourcePath(resource, options) + queryString(listQuery(options));
    const list = await this.#transport.json({ method: "GET", path, signal: options.signal }) as KubeList<T>;
    const type = { apiVersion: apiVersionOf(resource), kind: resource.kind };
    return frozen({ ...list, items: (list.items ?? []).map((item) => ({ ...type, ...item })) });
  }

  async *watch<T extends KubeObject>(resource: Resource<T>, options: WatchOptions): AsyncGenerator<WatchEvent<T>> {
    const { signal, timeoutSeconds = watchSeconds + Math.floor(Math.random() * watchSeconds) } = options;
    const query = { ...listQuery(options), watch: true, allowWatchBookmarks: true, timeoutSeconds };
    const path = resourcePath(resource, options) + queryString(query);
    try {
      const answer = await this.#transport.open({
        method: "GET",
        path,
        signal,
        timeout: (timeoutSeconds + watchGrace) * 1000,
      });
      for await (const line of answer.lines()) {
        if (line !== "") yield decodeEvent<T>(line);
        if (signal?.aborted) return;
      }
    } catch (error) {
      if (!signal?.aborted) throw error;
    }
  }

  async create<T extends KubeObject>(resource: Resource<T>, object: T, options: CreateOptions = {}): Promise<T> {
    const { name, subresource } = options;
    const path = resourcePath(resource, { namespace: namespaceOf(object, options), name, subresource });
    return await this.#send("POST", resource, path, object, options);
  }

  async update<T extends KubeObject>(resource: Resource<T>, object: T, options: UpdateOptions = {}): Promise<T> {
    const { namespace, name } = object.metadata;
    const path = resourcePath(resource, { namespace, name, subresource: options.subresource });
    return await this.#send("PUT", resource, path, object, options);
  }

  async patch<T extends KubeObject>(
    resource: Resource<T>,
    target: Target,
    patch: Patch,
    options: UpdateOptions = {},
  ): Promise<T> {
    const path = resourcePath(resource, { ...target, subresource: options.subresource });
    return frozen(
      await this.#transport.json({
        method: "PATCH",
        path: path + queryString(writeQuery(options)),
        body: JSON.stringify(patch.patch),
        contentType: patchTypes[patch.type],
        signal: options.signal,
      }),
    );
  }

  async delete<T extends KubeObject>(
    resource: Resource<T>,
    target: Target,
    options: DeleteOptions = {},
  ): Promise<void> {
    await this.#delete(resourcePath(resource, target), options);
  }

  async deleteCollection<T extends KubeObject>(
    resource: Resource<T>,
    options: ListOptions & DeleteOptions = {},
  ): Promise<void> {
    await this.#delete(resourcePath(resource, options) + queryString(listQuery(options)), options);
  }

  close(): void {
    this.#transport.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** Objects that were read from a list may lack their type, which the API wants in every body; a subresource's have their own. */
  async #send<T extends KubeObject>(
    method: string,
    resource: Resource<T>,
    path: string,
    object: T,
    options: CreateOptions | UpdateOptions,
  ): Promise<T> {
    const typed = object.kind || options.subresource
      ? object
      : { apiVersion: apiVersionOf(resource), kind: resource.kind, ...object };
    return frozen(
      await this.#transport.json({
        method,
        path: path + queryString(writeQuery(options)),
        body: JSON.stringify(typed),
        signal: options.signal,
      }),
    );
  }

  async #delete(path: string, options: DeleteOptions): Promise<void> {
    const body = deleteBody(options);
    await this.#transport.json({
      method: "DELETE",
      path,
      signal: options.signal,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }
}

function frozen<T>(value: unknown): T {
  return deepFreeze(value) as T;
}

function decodeEvent<T extends KubeObject>(line: string): WatchEvent<T> {
  const { type, object } = JSON.parse(line) as { type: string; object: T };
  if (type === "ERROR") throw new StatusError(object as unknown as Status);
  if (type === "BOOKMARK") return { type, resourceVersion: object.metadata.resourceVersion ?? "" };
  return { type: type as "ADDED" | "MODIFIED" | "DELETED", object: frozen<T>(object) };
}
