import type { Clock } from "../../../api/clock.ts";
import type { Types } from "../../../api/patch/apply/type_node.ts";
import type { MessageSchema, ResourceRow, Schema } from "../../../api/schema/contract.ts";
import type { Datastore } from "../../../datastore/contract.ts";
import type { Admission } from "../admission/contract.ts";
import type { TokenIssuer } from "../contract.ts";
import type { Cache } from "../cache/cache.ts";
import type { Storage } from "../cache/layout.ts";
import type { ResourceCache } from "../cache/resource_cache.ts";
import type { Strategy } from "../kinds/strategy.ts";
import type { AllocationTurns } from "./allocation_turns.ts";
import type { Lookup } from "./lookup.ts";
import type { ServiceAllocation } from "./service_allocation.ts";
import type { ZeroValues } from "./zero_values.ts";

/** What all resources of one registry share. */
export interface System {
  readonly datastore: Datastore;
  readonly cache: Cache;
  readonly clock: Clock;
  /** Numbers in [0, 1), for generated names and allocations. */
  readonly random: () => number;
  readonly schema: Schema;
  /** The schema's messages, as structured merge sees them. */
  readonly types: Types;
  readonly zeroValues: ZeroValues;
  readonly admission: Admission;
  readonly lookup: Lookup;
  readonly tokenIssuer: TokenIssuer;
  readonly services: ServiceAllocation;
  /** Where other servers give out numbers of the same ranges. */
  readonly turns?: AllocationTurns;
}

/** One stored resource and all that its verbs work with. */
export interface Shelf {
  readonly system: System;
  readonly row: ResourceRow;
  readonly storage: Storage;
  readonly cache: ResourceCache;
  readonly strategy: Strategy;
  readonly message: MessageSchema;
}
