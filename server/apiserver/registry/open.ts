import type { Clock } from "../../../api/clock.ts";
import { Types } from "../../../api/patch/apply/type_node.ts";
import type { KubeObject } from "../../../api/resource.ts";
import { apiVersionOf } from "../../../api/resource.ts";
import { bindings, pods } from "../../../api/resources.ts";
import type { ResourceRow, Schema } from "../../../api/schema/contract.ts";
import { schema as builtIn } from "../../../api/schema/schema.ts";
import { methodNotSupported } from "../../../api/status.ts";
import type { ComponentStatus } from "../../../api/types/core_v1.ts";
import type { Datastore } from "../../../datastore/contract.ts";
import { admissionPlugins } from "../admission/all.ts";
import { createAdmission } from "../admission/chain.ts";
import type { AdmissionConfiguration } from "../admission/configuration.ts";
import { type Access, mastersOnly } from "../auth/access.ts";
import { Cache } from "../cache/cache.ts";
import { type Storage, storageOf } from "../cache/layout.ts";
import type { StoredEntry } from "../cache/stored_entry.ts";
import type { Registry, ResourceStore, TokenIssuer } from "../contract.ts";
import { strategies } from "../kinds/all.ts";
import { conversions } from "../kinds/conversions.ts";
import type { Strategy } from "../kinds/strategy.ts";
import { AllocationTurns } from "./allocation_turns.ts";
import { commitSwap } from "./commit.ts";
import { ConvertedResource } from "./converted_resource.ts";
import { startEventSweeper } from "./event_sweeper.ts";
import { FreshResource } from "./fresh_resource.ts";
import { Freshness } from "./freshness.ts";
import { lookupIn } from "./lookup.ts";
import { ObjectEntry } from "./object_entry.ts";
import { type ReviewAnswers, reviews } from "./reviews.ts";
import { ServiceAllocation } from "./service_allocation.ts";
import { StoredResource } from "./stored_resource.ts";
import type { Shelf, System } from "./system.ts";
import { VirtualResource } from "./virtual_resource.ts";
import { ZeroValues } from "./zero_values.ts";

export interface RegistryOptions {
  /** Stays the caller's: closing the registry does not close it. */
  readonly datastore: Datastore;
  /** Whether other servers write to it, too. */
  readonly shared?: boolean;
  readonly clock: Clock;
  readonly tokenIssuer: TokenIssuer;
  /** IPv4 network of the cluster IPs. */
  readonly serviceCIDR?: string;
  readonly nodePorts?: { readonly first: number; readonly last: number };
  /** How long Events are kept. */
  readonly eventTtlMilliseconds?: number;
  /** Asked by TokenReviews and access reviews; without it those are refused. */
  readonly reviews?: ReviewAnswers;
  readonly admission?: AdmissionConfiguration;
  /** Asked by admission when a write gives rights to others; administrators alone may do that without it. */
  readonly access?: Access;
  readonly schema?: Schema;
  readonly random?: () => number;
}

const defaultServiceCIDR = "10.43.0.0/16";
const defaultNodePorts = { first: 30000, last: 32767 };
const hour = 3_600_000;

/** Fills the cache from the datastore and serves every resource of the schema on it. */
export async function openRegistry(options: RegistryOptions): Promise<Registry> {
  const { datastore, clock, schema = builtIn, random = Math.random } = options;
  const rows = schema.resources();
  const stored = rows.filter(isStored);
  const cache = await Cache.open({
    datastore,
    clock,
    storages: stored.map(storageOf),
    indexes: indexesOf(stored),
  });
  const lookup = lookupIn(cache);
  const freshness = options.shared ? new Freshness(datastore, cache) : undefined;
  const system: System = {
    datastore,
    cache,
    clock,
    random,
    schema,
    types: new Types(schema),
    zeroValues: new ZeroValues(schema),
    admission: createAdmission(admissionPlugins(options.admission), {
      lookup,
      clock,
      random,
      access: options.access ?? mastersOnly,
      swap: (resource, objects) => commitSwap(datastore, cache.resource(storageOf(resource)), objects),
    }),
    lookup,
    tokenIssuer: options.tokenIssuer,
    services: new ServiceAllocation(cache, {
      serviceCIDR: options.serviceCIDR ?? defaultServiceCIDR,
      nodePorts: options.nodePorts ?? defaultNodePorts,
      random,
    }),
    ...freshness && { turns: new AllocationTurns(datastore, freshness) },
  };
  const all = storesOf(system, rows, options.reviews);
  const stores = freshness ? freshly(all, freshness, cache) : all;
  const stopSweeper = startEventSweeper(system, options.eventTtlMilliseconds ?? hour);
  let open = true;
  return {
    resources: () => rows,
    store: (group, version, resource) => stores.get(`${group}/${version}/${resource}`),
    get ready() {
      return open;
    },
    async close() {
      if (!open) return;
      open = false;
      stopSweeper();
      cache.close();
    },
  };
}

/** Stored as it is served: it can be listed, is no conversion of another one, and is no mere view of the cluster's health. */
function isStored(row: ResourceRow): boolean {
  return row.verbs.includes("watch") && !Object.hasOwn(conversions, nameOf(row));
}

function nameOf({ group, version, resource }: ResourceRow): string {
  return `${group}/${version}/${resource}`;
}

function strategyOf({ group, resource }: ResourceRow): Strategy {
  return strategies[`${group}/${resource}`] ?? {};
}

function indexesOf(rows: readonly ResourceRow[]): ReadonlyMap<string, (entry: StoredEntry) => string> {
  const indexes = new Map<string, (entry: StoredEntry) => string>();
  for (const row of rows) {
    const { indexedField, fields } = strategyOf(row);
    const field = indexedField === undefined ? undefined : fields?.[indexedField];
    if (field) indexes.set(storageOf(row).prefix, (entry) => field(entry.object));
  }
  return indexes;
}

function storesOf(
  system: System,
  rows: readonly ResourceRow[],
  answers: ReviewAnswers | undefined,
): ReadonlyMap<string, ResourceStore> {
  const stores = new Map<string, ResourceStore>();
  const byResource = new Map<string, StoredResource>();
  for (const row of rows.filter(isStored)) {
    const store = new StoredResource(shelfOf(system, row, storageOf(row)));
    stores.set(nameOf(row), store);
    byResource.set(`${row.group}/${row.resource}`, store);
  }
  for (const row of rows) {
    if (stores.has(nameOf(row))) continue;
    const converted = conversions[nameOf(row)];
    const target = converted && byResource.get(converted.stored);
    stores.set(
      nameOf(row),
      target ? new ConvertedResource(row, target, converted.conversion) : virtual(system, row, byResource, answers),
    );
  }
  return stores;
}

/** What is stored; reviews and the like are of this server alone. */
function freshly(
  stores: ReadonlyMap<string, ResourceStore>,
  freshness: Freshness,
  cache: Cache,
): ReadonlyMap<string, ResourceStore> {
  return new Map(Array.from(stores, ([name, store]) => [
    name,
    store instanceof VirtualResource ? store : new FreshResource(store, freshness, () => cache.revision),
  ]));
}

function shelfOf(system: System, row: ResourceRow, storage: Storage): Shelf {
  const message = system.schema.ofKind(apiVersionOf(row), row.kind);
  if (message === undefined) throw new RangeError(`the schema serves ${nameOf(row)} but has no kind ${row.kind}`);
  return { system, row, storage, cache: system.cache.resource(storage), strategy: strategyOf(row), message };
}

function virtual(
  system: System,
  row: ResourceRow,
  stored: ReadonlyMap<string, StoredResource>,
  answers: ReviewAnswers | undefined,
): VirtualResource {
  const revision = () => system.cache.revision;
  if (row.kind === bindings.kind) {
    const pod = stored.get(`${pods.group}/${pods.resource}`)!;
    return new VirtualResource(row, revision, {
      create: (context, request) => {
        const name = request.object.metadata?.name ?? "";
        return pod.create(context, { ...request, name, subresource: "binding" });
      },
    });
  }
  const review = reviews[row.kind];
  if (review) {
    return new VirtualResource(row, revision, {
      async create(context, request) {
        if (answers === undefined) throw methodNotSupported(row, "create");
        return new ObjectEntry(await review(answers, context, request));
      },
    });
  }
  return new VirtualResource(row, revision, { list: componentStatuses });
}

/** Scheduler, controllers and datastore live in the process that answers: they are as healthy as it is. */
function componentStatuses(): readonly KubeObject[] {
  return ["scheduler", "controller-manager", "etcd-0"].map((name): ComponentStatus => ({
    kind: "ComponentStatus",
    apiVersion: "v1",
    metadata: { name },
    conditions: [{ type: "Healthy", status: "True", message: "ok" }],
  }));
}
