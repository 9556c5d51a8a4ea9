import { deepFreeze } from "../../../../api/meta/freeze.ts";
import { applyMergePatch } from "../../../../api/patch/merge.ts";
import { noRecords } from "../../../../api/patch/apply/managers.ts";
import type { KubeObject } from "../../../../api/resource.ts";
import type { ResourceRow } from "../../../../api/schema/contract.ts";
import { schema } from "../../../../api/schema/schema.ts";
import { alreadyExists, notFound, resourceVersionTooOld } from "../../../../api/status.ts";
import type { Entry, Registry, ResourceStore, WatchedEvent } from "../../contract.ts";

interface Watcher {
  readonly row: ResourceRow;
  readonly namespace: string;
  sink(event: WatchedEvent): void;
}

/** The contract's verbs on a map, without admission, defaults and validation: what the HTTP edge does is tested by itself. */
export class MemoryRegistry implements Registry {
  ready = true;
  /** Watches from below it are too old. */
  oldest = 1;
  /** What the stores were asked, for what the edge makes of a request. */
  readonly asked: { readonly verb: string; readonly request: unknown }[] = [];
  readonly #objects = new Map<string, Entry>();
  readonly #watchers = new Set<Watcher>();
  readonly #stores = new Map(schema.resources().map((row) => [nameOf(row), this.#storeOf(row)]));
  #revision = 1;

  resources(): readonly ResourceRow[] {
    return schema.resources();
  }

  store(group: string, version: string, resource: string): ResourceStore | undefined {
    return this.#stores.get(`${group}/${version}/${resource}`);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  get watchers(): number {
    return this.#watchers.size;
  }

  /** Stores an object as it is, whatever was there. */
  put(row: ResourceRow, object: KubeObject): Entry {
    const key = keyOf(row, object.metadata.namespace ?? "", object.metadata.name ?? "");
    const type = this.#objects.has(key) ? "MODIFIED" : "ADDED";
    const entry = new MemoryEntry(object, ++this.#revision);
    this.#objects.set(key, entry);
    this.#tell(row, { type, entry });
    return entry;
  }

  /** Tells every watcher of a resource. */
  bookmark(row: ResourceRow, initialEventsEnd: boolean): void {
    this.#tell(row, { type: "BOOKMARK", resourceVersion: String(this.#revision), initialEventsEnd });
  }

  #tell(row: ResourceRow, event: WatchedEvent): void {
    for (const watcher of [...this.#watchers]) {
      const namespace = "entry" in event ? event.entry.namespace : watcher.namespace;
      if (watcher.row === row && (watcher.namespace === "" || watcher.namespace === namespace)) watcher.sink(event);
    }
  }

  #find(row: ResourceRow, namespace: string, name: string): Entry {
    const entry = this.#objects.get(keyOf(row, namespace, name));
    if (entry === undefined) throw notFound(row, name);
    return entry;
  }

  #list(row: ResourceRow, namespace: string): Entry[] {
    const prefix = keyOf(row, namespace, "").replace(/\/+$/, "/");
    return [...this.#objects].filter(([key]) => key.startsWith(prefix)).map(([, entry]) => entry);
  }

  #remove(row: ResourceRow, entry: Entry): void {
    this.#objects.delete(keyOf(row, entry.namespace, entry.name));
    this.#tell(row, { type: "DELETED", entry });
  }

  #storeOf(row: ResourceRow): ResourceStore {
    const note = (verb: string, request: unknown) => void this.asked.push({ verb, request });
    return {
      row,
      get: async (_context, request) => {
        note("get", request);
        return this.#find(row, request.namespace, request.name);
      },
      list: async (_context, request) => {
        note("list", request);
        return { resourceVersion: String(this.#revision), entries: this.#list(row, request.namespace) };
      },
      watch: async (_context, request, sink) => {
        note("watch", request);
        const from = Number(request.resourceVersion ?? 0);
        if (from !== 0 && from < this.oldest) throw resourceVersionTooOld(from, this.oldest);
        for (const entry of this.#list(row, request.namespace)) {
          if (entry.revision > from) sink({ type: "ADDED", entry });
        }
        const watcher: Watcher = { row, namespace: request.namespace, sink };
        this.#watchers.add(watcher);
        return { close: () => void this.#watchers.delete(watcher) };
      },
      create: async (context, request) => {
        note("create", request);
        const { object, namespace } = request;
        if (namespace !== "") object.metadata.namespace = namespace;
        const name = object.metadata.name ?? "";
        if (request.subresource !== undefined) return new MemoryEntry(object, this.#revision);
        if (this.#objects.has(keyOf(row, namespace, name))) throw alreadyExists(row, name);
        if (name === "explode") throw new TypeError("secret detail");
        if (name === "warn") context.warn('it says "é"');
        object.metadata.uid = crypto.randomUUID();
        return this.put(row, object);
      },
      update: async (_context, request) => {
        note("update", request);
        return { entry: this.put(row, request.object), created: false };
      },
      patch: async (_context, request) => {
        note("patch", request);
        const { object } = this.#find(row, request.namespace, request.name);
        return { entry: this.put(row, applyMergePatch(object, request.patch)), created: false };
      },
      delete: async (_context, request) => {
        note("delete", request);
        const entry = this.#find(row, request.namespace, request.name);
        this.#remove(row, entry);
        return { outcome: "removed", entry };
      },
      deleteCollection: async (_context, request) => {
        note("deletecollection", request);
        const entries = this.#list(row, request.namespace);
        for (const entry of entries) this.#remove(row, entry);
        return { resourceVersion: String(this.#revision), entries };
      },
    };
  }
}

class MemoryEntry implements Entry {
  readonly namespace: string;
  readonly name: string;
  readonly revision: number;
  readonly object: KubeObject;
  readonly records = noRecords;

  constructor(object: KubeObject, revision: number) {
    this.namespace = object.metadata.namespace ?? "";
    this.name = object.metadata.name ?? "";
    this.revision = revision;
    this.object = deepFreeze(
      structuredClone({ ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } }),
    );
  }

  json(): string {
    return JSON.stringify(this.object);
  }

  itemJson(): string {
    const { apiVersion: _apiVersion, kind: _kind, ...item } = this.object;
    return JSON.stringify(item);
  }
}

function nameOf({ group, version, resource }: ResourceRow): string {
  return `${group}/${version}/${resource}`;
}

function keyOf(row: ResourceRow, namespace: string, name: string): string {
  return `${row.group}/${row.resource}/${namespace}/${name}`;
}
