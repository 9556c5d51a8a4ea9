import type { ResourceRow } from "../../../api/schema/contract.ts";
import { methodNotSupported, notFound, unknownEndpoint } from "../../../api/status.ts";
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
import { create } from "./create.ts";
import { remove, removeCollection } from "./delete.ts";
import type { Facet } from "./facet.ts";
import { list } from "./list.ts";
import { mainFacet } from "./main_facet.ts";
import { patch } from "./patch.ts";
import { parseResourceVersion, requireReached } from "./resource_version.ts";
import { creatorsOf, facetsOf } from "./subresources/all.ts";
import type { Creator } from "./subresources/creator.ts";
import type { Shelf } from "./system.ts";
import { update, type Written } from "./update.ts";
import { watch } from "./watch.ts";

/** The verbs of a resource whose objects are stored as they are shown. */
export class StoredResource implements ResourceStore {
  readonly row: ResourceRow;
  readonly shelf: Shelf;
  readonly #main: Facet;
  readonly #facets: ReadonlyMap<string, Facet>;
  readonly #creators: ReadonlyMap<string, Creator>;

  constructor(shelf: Shelf) {
    this.shelf = shelf;
    this.row = shelf.row;
    this.#main = mainFacet(shelf);
    this.#facets = facetsOf(shelf);
    this.#creators = creatorsOf(shelf);
  }

  async get(_context: RequestContext, request: GetRequest): Promise<Entry> {
    const facet = this.facet(request.subresource, "get");
    const revision = parseResourceVersion(request.resourceVersion);
    if (revision !== undefined) requireReached(revision, this.shelf.system.cache.revision);
    const entry = this.shelf.cache.get(request.namespace, request.name);
    if (entry === undefined) throw notFound(this.row, request.name);
    return facet.answer(entry);
  }

  async list(_context: RequestContext, request: ListRequest): Promise<ListAnswer> {
    return list(this.shelf, request);
  }

  async watch(
    _context: RequestContext,
    request: WatchRequest,
    sink: (event: WatchedEvent) => void,
  ): Promise<WatchHandle> {
    return watch(this.shelf, request, sink);
  }

  async create(context: RequestContext, request: CreateRequest): Promise<Entry> {
    const { subresource = "" } = request;
    if (subresource === "") return create(this.shelf, this.#main, context, request);
    const creator = this.#creators.get(subresource);
    if (creator !== undefined) return creator(this.shelf, context, request);
    throw this.#facets.has(subresource) ? methodNotSupported(this.row, "create") : unknownEndpoint();
  }

  async update(context: RequestContext, request: UpdateRequest): Promise<Written> {
    return update(this.shelf, this.facet(request.subresource, "update"), context, request);
  }

  async patch(context: RequestContext, request: PatchRequest): Promise<Written> {
    return patch(this.shelf, this.facet(request.subresource, "patch"), context, request);
  }

  async delete(context: RequestContext, request: DeleteRequest): Promise<DeleteAnswer> {
    return remove(this.shelf, context, request);
  }

  async deleteCollection(
    context: RequestContext,
    request: ListRequest & { readonly options: DeleteOptions },
  ): Promise<ListAnswer> {
    return removeCollection(this.shelf, context, request);
  }

  facet(subresource = "", verb: string): Facet {
    if (subresource === "") return this.#main;
    const facet = this.#facets.get(subresource);
    if (facet !== undefined) return facet;
    throw this.#creators.has(subresource) ? methodNotSupported(this.row, verb) : unknownEndpoint();
  }
}
