import { parseFieldSelector } from "../../../api/meta/field_selector.ts";
import { parseLabelSelector } from "../../../api/meta/label_selector_parser.ts";
import type { KubeObject } from "../../../api/resource.ts";
import type { ResourceRow } from "../../../api/schema/contract.ts";
import { methodNotSupported, notFound } from "../../../api/status.ts";
import type {
  CreateRequest,
  DeleteAnswer,
  Entry,
  GetRequest,
  ListAnswer,
  ListRequest,
  RequestContext,
  ResourceStore,
  WatchHandle,
} from "../contract.ts";
import { ObjectEntry } from "./object_entry.ts";
import { requireGenericField } from "./selection.ts";
import type { Written } from "./update.ts";

export interface VirtualBehaviour {
  create?(context: RequestContext, request: CreateRequest): Promise<Entry>;
  list?(): readonly KubeObject[];
}

/** A resource of which nothing is stored: reviews that answer at once, the status of components. */
export class VirtualResource implements ResourceStore {
  readonly row: ResourceRow;
  readonly #behaviour: VirtualBehaviour;
  readonly #revision: () => number;

  constructor(row: ResourceRow, revision: () => number, behaviour: VirtualBehaviour) {
    this.row = row;
    this.#revision = revision;
    this.#behaviour = behaviour;
  }

  async get(_context: RequestContext, { name }: GetRequest): Promise<Entry> {
    const found = this.#listed("get").find((entry) => entry.name === name);
    if (found === undefined) throw notFound(this.row, name);
    return found;
  }

  async list(_context: RequestContext, { labelSelector, fieldSelector }: ListRequest): Promise<ListAnswer> {
    const fields = parseFieldSelector(fieldSelector ?? "");
    const labels = parseLabelSelector(labelSelector ?? "");
    for (const { field } of fields.terms) requireGenericField(field);
    const entries = this.#listed("list").filter(({ name, namespace, object }) =>
      labels.matches(object.metadata.labels) &&
      fields.matches((field) => field === "metadata.name" ? name : namespace)
    );
    return { resourceVersion: String(this.#revision()), entries };
  }

  async create(context: RequestContext, request: CreateRequest): Promise<Entry> {
    if (this.#behaviour.create === undefined) throw methodNotSupported(this.row, "create");
    return this.#behaviour.create(context, request);
  }

  async watch(): Promise<WatchHandle> {
    throw methodNotSupported(this.row, "watch");
  }

  async update(): Promise<Written> {
    throw methodNotSupported(this.row, "update");
  }

  async patch(): Promise<Written> {
    throw methodNotSupported(this.row, "patch");
  }

  async delete(): Promise<DeleteAnswer> {
    throw methodNotSupported(this.row, "delete");
  }

  async deleteCollection(): Promise<ListAnswer> {
    throw methodNotSupported(this.row, "deletecollection");
  }

  #listed(verb: string): readonly Entry[] {
    if (this.#behaviour.list === undefined) throw methodNotSupported(this.row, verb);
    return this.#behaviour.list().map((object) => new ObjectEntry(object));
  }
}
