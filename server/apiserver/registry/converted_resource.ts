import { FieldSelector, parseFieldSelector } from "../../../api/meta/field_selector.ts";
import type { KubeObject } from "../../../api/resource.ts";
import type { ResourceRow } from "../../../api/schema/contract.ts";
import { badRequest } from "../../../api/status.ts";
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
import type { Conversion } from "../kinds/conversion.ts";
import { cloneJson } from "./clone.ts";
import { create } from "./create.ts";
import type { Facet } from "./facet.ts";
import { ObjectEntry } from "./object_entry.ts";
import { patch } from "./patch.ts";
import { StoredResource } from "./stored_resource.ts";
import { update, type Written } from "./update.ts";

type ObjectEvent = Extract<WatchedEvent, { entry: unknown }>;

/** A second version of stored objects: each is converted on its way in and out. */
export class ConvertedResource implements ResourceStore {
  readonly row: ResourceRow;
  readonly #stored: StoredResource;
  readonly #conversion: Conversion;
  /** What was shown once is shown the same to all watchers. */
  readonly #entries = new WeakMap<Entry, Entry>();
  readonly #events = new WeakMap<ObjectEvent, ObjectEvent>();

  constructor(row: ResourceRow, stored: StoredResource, conversion: Conversion) {
    this.row = row;
    const { strategy } = conversion;
    this.#stored = strategy ? new StoredResource({ ...stored.shelf, strategy }) : stored;
    this.#conversion = conversion;
  }

  async get(context: RequestContext, request: GetRequest): Promise<Entry> {
    return this.#shown(await this.#stored.get(context, request));
  }

  async list(context: RequestContext, request: ListRequest): Promise<ListAnswer> {
    return this.#shownList(await this.#stored.list(context, this.#selected(request)));
  }

  watch(context: RequestContext, request: WatchRequest, sink: (event: WatchedEvent) => void): Promise<WatchHandle> {
    return this.#stored.watch(
      context,
      this.#selected(request),
      (event) => sink(event.type === "BOOKMARK" ? event : this.#event(event)),
    );
  }

  async create(context: RequestContext, request: CreateRequest): Promise<Entry> {
    if (request.subresource) return this.#shown(await this.#stored.create(context, request));
    return create(this.#stored.shelf, this.#facet("", "create"), context, request);
  }

  async update(context: RequestContext, request: UpdateRequest): Promise<Written> {
    return update(this.#stored.shelf, this.#facet(request.subresource, "update"), context, request);
  }

  async patch(context: RequestContext, request: PatchRequest): Promise<Written> {
    return patch(this.#stored.shelf, this.#facet(request.subresource, "patch"), context, request);
  }

  async delete(context: RequestContext, request: DeleteRequest): Promise<DeleteAnswer> {
    const answer = await this.#stored.delete(context, request);
    return { ...answer, entry: this.#shown(answer.entry) };
  }

  async deleteCollection(
    context: RequestContext,
    request: ListRequest & { readonly options: DeleteOptions },
  ): Promise<ListAnswer> {
    return this.#shownList(await this.#stored.deleteCollection(context, this.#selected(request)));
  }

  /** The request with its field selector in the stored version's words. */
  #selected<Request extends { readonly fieldSelector?: string }>(request: Request): Request {
    const { fields } = this.#conversion;
    if (fields === undefined || !request.fieldSelector) return request;
    const terms = parseFieldSelector(request.fieldSelector).terms.map((term) => {
      const field = Object.hasOwn(fields, term.field) ? fields[term.field] : undefined;
      if (field !== undefined) return { ...term, field };
      throw badRequest(`field label not supported: ${term.field}`);
    });
    return { ...request, fieldSelector: new FieldSelector(terms).toString() };
  }

  #shown(entry: Entry): Entry {
    let shown = this.#entries.get(entry);
    if (shown === undefined) {
      shown = new ObjectEntry(this.#fromStored(entry.object), entry.revision, entry.records);
      this.#entries.set(entry, shown);
    }
    return shown;
  }

  #shownList(answer: ListAnswer): ListAnswer {
    return { ...answer, entries: answer.entries.map((entry) => this.#shown(entry)) };
  }

  #event(event: ObjectEvent): ObjectEvent {
    let shown = this.#events.get(event);
    if (shown === undefined) {
      shown = { type: event.type, entry: this.#shown(event.entry) };
      this.#events.set(event, shown);
    }
    return shown;
  }

  #fromStored(object: KubeObject): KubeObject {
    return this.#conversion.fromStored(cloneJson(object));
  }

  /** The stored version's facet, seen through the conversion. */
  #facet(subresource: string | undefined, verb: string): Facet {
    const facet = this.#stored.facet(subresource, verb);
    const { group, kind } = this.row;
    const { apiVersion } = this.#conversion;
    const { system } = this.#stored.shelf;
    return {
      ...facet,
      kind: { group, kind, apiVersion },
      refusedAs: facet.kind,
      message: system.schema.ofKind(apiVersion, kind)!,
      view: (object) => this.#fromStored(facet.view(object)),
      merge: (submitted, old) => {
        const stored = this.#conversion.toStored(submitted);
        // What one version always writes may be what the other one omits.
        system.zeroValues.normalise(facet.message, stored as unknown as Record<string, unknown>);
        return facet.merge(stored, old);
      },
      stores: (submitted) => this.#conversion.toStored(submitted),
      answer: (entry) => this.#shown(facet.answer(entry)),
    };
  }
}
