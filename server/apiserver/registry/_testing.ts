import { ManualClock } from "../../../api/clock.ts";
import type { KubeObject, Resource } from "../../../api/resource.ts";
import { namespaces, serviceaccounts } from "../../../api/resources.ts";
import type { Pod } from "../../../api/types/core_v1.ts";
import type { Client } from "../../../client/client.ts";
import type { Datastore } from "../../../datastore/contract.ts";
import { openMemory } from "../../../datastore/memory/memory_datastore.ts";
import type { Registry, ResourceStore, TokenIssuer, TokenRequestFacts, UserInfo, WriteOptions } from "../contract.ts";
import { createInProcessClient } from "../in_process.ts";
import { openRegistry, type RegistryOptions } from "./open.ts";

export const admin: UserInfo = { name: "admin", groups: ["system:masters"] };
export const context = { user: admin, warn: () => {} };
export const plain: WriteOptions = { dryRun: false, fieldManager: "test", fieldValidation: "Strict" };

/** A registry over memory, with namespace `default` and its account, and all that a test may want to look at. */
export class TestRegistry {
  readonly datastore: Datastore;
  readonly clock: ManualClock;
  readonly registry: Registry;
  readonly client: Client;
  /** Tokens that were asked for. */
  readonly tokens: readonly TokenRequestFacts[];

  private constructor(datastore: Datastore, clock: ManualClock, registry: Registry, tokens: TokenRequestFacts[]) {
    this.datastore = datastore;
    this.clock = clock;
    this.registry = registry;
    this.client = createInProcessClient(registry, admin);
    this.tokens = tokens;
  }

  static async open(options: Partial<RegistryOptions> = {}): Promise<TestRegistry> {
    const datastore = options.datastore ?? openMemory();
    const clock = options.clock as ManualClock ?? new ManualClock();
    const tokens: TokenRequestFacts[] = [];
    const registry = await openRegistry({ tokenIssuer: recordingIssuer(tokens), ...options, datastore, clock });
    const test = new TestRegistry(datastore, clock, registry, tokens);
    if (options.datastore === undefined) await test.addNamespace("default");
    return test;
  }

  async addNamespace(name: string): Promise<void> {
    await this.client.create(namespaces, { metadata: { name }, spec: {} });
    await this.client.create(serviceaccounts, { metadata: { name: "default", namespace: name } });
  }

  store({ group, version, resource }: Resource): ResourceStore {
    return this.registry.store(group, version, resource)!;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.registry.close();
    await this.datastore.close();
  }
}

function recordingIssuer(tokens: TokenRequestFacts[]): TokenIssuer {
  return {
    defaultAudiences: ["https://kubernetes.default.svc"],
    async issue(facts) {
      tokens.push(facts);
      return { token: `token-${tokens.length}`, expirationTimestamp: "2026-01-01T01:00:00Z" };
    },
  };
}

export function minimalPod(name: string, fields: Partial<Pod["spec"]> = {}): Pod {
  return {
    metadata: { name, namespace: "default" },
    spec: { containers: [{ name: "main", image: "busybox:1.36" }], ...fields },
  };
}

/** A copy that may be changed. */
export function copyOf<T extends KubeObject>(object: T): T {
  return structuredClone(object);
}
