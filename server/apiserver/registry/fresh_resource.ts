import type { ResourceRow } from "../../../api/schema/contract.ts";
import type {
  CreateRequest,
  DeleteAnswer,
  DeleteOptions,
  DeleteRequest,
  Entry,
  GetRequest,
  ListAnswer,
  ListRequest,
  PatchRequest,
  RequestContext,
  ResourceStore,
  UpdateRequest,
  WatchedEvent,
  WatchHandle,
  WatchRequest,
} from "../contract.ts";
import type { Freshness } from "./freshness.ts";
import type { Written } from "./update.ts";

/**
 * A resource where other servers write to the same datastore. Reads that name no version, and all writes, see what was committed anywhere before they came, as with
 * kube-apiserver; a version that this server has not come to yet is one that another has shown. Reads at version 0, and watches, are answered from what is there.
 */
export class FreshResource implements ResourceStore {
  readonly row: ResourceRow;
  readonly #of: ResourceStore;
  readonly #freshness: Freshness;
  readonly #reached: () => number;

  constructor(of: ResourceStore, freshness: Freshness, reached: () => number) {
    this.row = of.row;
    this.#of = of;
    this.#freshness = freshness;
    this.#reached = reached;
  }

  async get(context: RequestContext, request: GetRequest): Promise<Entry> {
    await this.#until(request.resourceVersion);
    return await this.#of.get(context, request);
  }

  async list(context: RequestContext, request: ListRequest): Promise<ListAnswer> {
    // A further page is of the first one's version.
    if (!request.continue) await this.#until(request.resourceVersion);
    return await this.#of.list(context, request);
  }

  async watch(
    context: RequestContext,
    request: WatchRequest,
    sink: (event: WatchedEvent) => void,
  ): Promise<WatchHandle> {
    await this.#until(request.resourceVersion || (request.sendInitialEvents ? undefined : "0"));
    return await this.#of.watch(context, request, sink);
  }

  async create(context: RequestContext, request: CreateRequest): Promise<Entry> {
    await this.#freshness.now();
    return await this.#of.create(context, request);
  }

  async update(context: RequestContext, request: UpdateRequest): Promise<Written> {
    await this.#freshness.now();
    return await this.#of.update(context, request);
  }

  async patch(context: RequestContext, request: PatchRequest): Promise<Written> {
    await this.#freshness.now();
    return await this.#of.patch(context, request);
  }

  async delete(context: RequestContext, request: DeleteRequest): Promise<DeleteAnswer> {
    await this.#freshness.now();
    return await this.#of.delete(context, request);
  }

  async deleteCollection(
    context: RequestContext,
    request: ListRequest & { readonly options: DeleteOptions },
  ): Promise<ListAnswer> {
    await this.#freshness.now();
    return await this.#of.deleteCollection(context, request);
  }

  async #until(resourceVersion: string | undefined): Promise<void> {
    if (!resourceVersion || Number(resourceVersion) > this.#reached()) await this.#freshness.now();
  }
}
