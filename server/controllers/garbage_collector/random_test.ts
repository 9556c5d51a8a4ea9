import { describe, expect, it } from "vitest";
import { configmaps } from "../../../api/resources.ts";
import type { OwnerReference } from "../../../api/types/meta_v1.ts";
import { World } from "../testing/world.ts";
import { garbageCollector } from "./garbage_collector.ts";
import { NaiveCollector } from "./testing/naive_collector.ts";
import { randomFrom } from "./testing/random_source.ts";

const policies = ["Background", "Foreground", "Orphan"] as const;
const deletions = { Background: "background", Foreground: "foreground", Orphan: "orphan" } as const;

class Game {
  readonly #world = new World();
  readonly #naive = new NaiveCollector();
  readonly #random: () => number;
  /** Of all objects that ever were, by uid: gone ones are owners too. */
  readonly #names = new Map<string, string>();

  constructor(random: () => number) {
    this.#random = random;
  }

  async play(steps: number): Promise<void> {
    try {
      await this.#world.start(garbageCollector);
      for (let step = 0; step < steps; step++) {
        if (this.#random() < 0.05) this.#world.client.dropWatches(this.#random() < 0.5);
        await this.#act();
        await this.#world.settle(90_000);
        this.#naive.collect();
        expect([step, ...this.#present()]).toEqual([step, ...this.#expected()]);
      }
    } finally {
      await this.#world.stop();
    }
  }

  async #act(): Promise<void> {
    const uids = [...this.#naive.objects.keys()];
    const chance = this.#random();
    if (uids.length < 3 || chance < 0.5) await this.#create();
    else if (chance < 0.65) await this.#change(this.#pick(uids));
    else await this.#delete(this.#pick(uids));
  }

  async #create(): Promise<void> {
    const name = `c${this.#names.size}`;
    const ownerReferences = this.#references();
    const made = await this.#world.create(configmaps, { metadata: { name, ownerReferences } });
    const uid = made.metadata.uid!;
    this.#names.set(uid, name);
    this.#naive.objects.set(uid, { uid, owners: ownerReferences.map(ownerOf), deletion: "none" });
  }

  async #change(uid: string): Promise<void> {
    const ownerReferences = this.#references().filter((reference) => reference.uid !== uid);
    const patch = { metadata: { ownerReferences } };
    await this.#world.client.patch(configmaps, this.#target(uid), { type: "merge", patch });
    this.#naive.objects.get(uid)!.owners = ownerReferences.map(ownerOf);
  }

  async #delete(uid: string): Promise<void> {
    const propagationPolicy = this.#pick(policies);
    await this.#world.client.delete(configmaps, this.#target(uid), { propagationPolicy });
    this.#naive.objects.get(uid)!.deletion = deletions[propagationPolicy];
  }

  #references(): OwnerReference[] {
    const count = Math.floor(this.#random() * 3);
    const owners = new Set(Array.from({ length: count }, () => this.#pick([...this.#names.keys()])));
    return [...owners].filter((uid) => uid !== undefined).map((uid) => ({
      apiVersion: "v1",
      kind: "ConfigMap",
      name: this.#names.get(uid)!,
      uid,
      blockOwnerDeletion: this.#random() < 0.5,
    }));
  }

  #target(uid: string) {
    return { namespace: "default", name: this.#names.get(uid)! };
  }

  #pick<T>(from: readonly T[]): T {
    return from[Math.floor(this.#random() * from.length)]!;
  }

  #present(): string[] {
    return this.#world.client.all(configmaps).map(({ metadata }) =>
      describeObject(metadata.name!, (metadata.ownerReferences ?? []).map(({ name }) => name))
    );
  }

  #expected(): string[] {
    return [...this.#naive.objects.values()].map(({ uid, owners }) =>
      describeObject(this.#names.get(uid)!, owners.map((owner) => this.#names.get(owner.uid)!))
    ).sort();
  }
}

function ownerOf({ uid, blockOwnerDeletion }: OwnerReference) {
  return { uid, blocks: blockOwnerDeletion ?? false };
}

function describeObject(name: string, owners: readonly string[]): string {
  return `${name} of ${owners.toSorted().join(" and ") || "nobody"}`;
}

describe("garbageCollector, at random", () => {
  const { seed, random } = randomFrom(Deno.env.get("SKIFF_TEST_SEED"));

  it(`agrees with the naive collector (SKIFF_TEST_SEED=${seed})`, async () => {
    for (let game = 0; game < 3; game++) await new Game(random).play(40);
  });
});
