import { describe, expect, it } from "vitest";
import { configmaps } from "../../../api/resources.ts";
import { isNotFound } from "../../../api/status.ts";
import type { ConfigMap } from "../../../api/types/core_v1.ts";
import type { OwnerReference } from "../../../api/types/meta_v1.ts";
import { World } from "../testing/world.ts";
import { garbageCollector } from "./garbage_collector.ts";
import { deletesDependents } from "./propagation.ts";
import { randomFrom } from "./testing/random_source.ts";

const policies = ["Background", "Foreground", "Orphan"] as const;

/** Creates and deletes many objects at once; what is right then is not one outcome, but these rules hold for all of them. */
class Race {
  readonly #world = new World();
  readonly #random: () => number;
  readonly #references: OwnerReference[] = [];
  /** Deleted by us, not by the collector. */
  readonly #ours = new Set<string>();
  readonly #wrong: string[] = [];

  constructor(random: () => number) {
    this.#random = random;
  }

  async run(rounds: number): Promise<void> {
    const { client } = this.#world;
    client.intercept = ({ verb, key }) => {
      const name = key.split("/")[1]!;
      if (verb !== "delete" || this.#ours.has(name)) return;
      const victim = client.all(configmaps).find(({ metadata }) => metadata.name === name);
      if (victim !== undefined && this.#owners(victim).some(({ metadata }) => !deletesDependents(metadata))) {
        this.#wrong.push(`${name} was deleted though it has an owner`);
      }
    };
    try {
      await this.#world.start(garbageCollector);
      for (let round = 0; round < rounds; round++) {
        await Promise.all(Array.from({ length: 8 }, () => this.#random() < 0.6 ? this.#create() : this.#delete()));
        if (this.#random() < 0.2) client.dropWatches(this.#random() < 0.5);
        await this.#world.settle(120_000);
        expect(this.#wrong).toEqual([]);
        expect(this.#left()).toEqual([]);
      }
    } finally {
      await this.#world.stop();
    }
  }

  async #create(): Promise<void> {
    const owners = new Set(Array.from({ length: Math.floor(this.#random() * 3) }, () => this.#pick(this.#references)));
    const ownerReferences = [...owners].filter((one) => one !== undefined).map((one) => ({
      ...one,
      blockOwnerDeletion: this.#random() < 0.5,
    }));
    const name = `c${this.#references.length}`;
    // Its place is taken before the call, as others create at the same time.
    const place = this.#references.push({ apiVersion: "v1", kind: "ConfigMap", name, uid: "none yet" }) - 1;
    const { metadata } = await this.#world.create(configmaps, { metadata: { name, ownerReferences } });
    this.#references[place] = { ...this.#references[place]!, uid: metadata.uid! };
  }

  async #delete(): Promise<void> {
    const name = this.#pick(this.#world.names(configmaps));
    if (name === undefined) return;
    this.#ours.add(name);
    const propagationPolicy = this.#pick(policies)!;
    try {
      await this.#world.client.delete(configmaps, { namespace: "default", name }, { propagationPolicy });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  #owners({ metadata }: ConfigMap): ConfigMap[] {
    const uids = new Set(metadata.ownerReferences?.map(({ uid }) => uid));
    return this.#world.client.all(configmaps).filter((other) => uids.has(other.metadata.uid!));
  }

  /** What should be gone. */
  #left(): string[] {
    return this.#world.client.all(configmaps).filter((object) => {
      const owned = (object.metadata.ownerReferences ?? []).length > 0;
      return object.metadata.deletionTimestamp !== undefined || (owned && this.#owners(object).length === 0);
    }).map(({ metadata }) => metadata.name!);
  }

  #pick<T>(from: readonly T[]): T | undefined {
    return from[Math.floor(this.#random() * from.length)];
  }
}

describe("garbageCollector, with much going on at once", () => {
  const { seed, random } = randomFrom(Deno.env.get("SKIFF_TEST_SEED"));

  it(`deletes all it should and nothing else (SKIFF_TEST_SEED=${seed})`, async () => {
    await new Race(random).run(40);
  });
});
