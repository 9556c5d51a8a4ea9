import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { persistentvolumeclaims, persistentvolumes, pods, volumeattributesclasses } from "../../../api/resources.ts";
import type { PersistentVolume, PersistentVolumeClaim, Pod } from "../../../api/types/core_v1.ts";
import { World } from "../testing/world.ts";
import { attributesClassProtectionController } from "./attributes_class_protection.ts";
import { claimProtectionController } from "./claim_protection.ts";
import { volumeProtectionController } from "./volume_protection.ts";

const claim: PersistentVolumeClaim = { metadata: { name: "data" }, spec: {} };
const volume: PersistentVolume = { metadata: { name: "v" }, spec: {} };
const user = (volumes: NonNullable<Pod["spec"]["volumes"]>, nodeName?: string): Pod => ({
  metadata: { name: "user" },
  spec: { containers: [], volumes, ...(nodeName ? { nodeName } : {}) },
});

describe("volume protection", () => {
  let world: World;

  beforeEach(() => {
    world = new World();
  });

  afterEach(() => world.stop());

  const start = () =>
    world.start(claimProtectionController, volumeProtectionController, attributesClassProtectionController);
  const deleteClaim = (name = "data") => world.client.delete(persistentvolumeclaims, { namespace: "default", name });

  it("protects what was made without", async () => {
    await world.create(persistentvolumeclaims, claim);
    await world.client.create(persistentvolumes, volume);
    await start();
    expect(world.client.all(persistentvolumeclaims)[0]!.metadata.finalizers).toEqual(["kubernetes.io/pvc-protection"]);
    expect(world.client.all(persistentvolumes)[0]!.metadata.finalizers).toEqual(["kubernetes.io/pv-protection"]);
  });

  it("lets a claim go that nobody uses, or only a Pod without a node", async () => {
    await start();
    await world.create(persistentvolumeclaims, claim);
    await world.create(pods, user([{ name: "v", persistentVolumeClaim: { claimName: "data" } }]));
    await world.settle();
    await deleteClaim();
    await world.settle();
    expect(world.names(persistentvolumeclaims)).toEqual([]);
  });

  for (
    const [what, name, source] of [
      ["names it", "data", { persistentVolumeClaim: { claimName: "data" } }],
      ["had it made for it", "user-v", { ephemeral: {} }],
    ] as const
  ) {
    it(`keeps a claim while a Pod that ${what} is there`, async () => {
      await start();
      await world.create(persistentvolumeclaims, { ...claim, metadata: { name } });
      await world.create(pods, user([{ name: "v", ...source }], "n1"));
      await world.settle();
      await deleteClaim(name);
      await world.settle();
      expect(world.names(persistentvolumeclaims)).toEqual([name]);
      await world.client.delete(pods, { namespace: "default", name: "user" });
      await world.settle();
      expect(world.names(persistentvolumeclaims)).toEqual([]);
    });
  }

  it("keeps a volume while it is bound", async () => {
    await start();
    await world.client.create(persistentvolumes, volume);
    await world.settle();
    const report = (phase: string) =>
      world.client.patch(persistentvolumes, { name: "v" }, { type: "merge", patch: { status: { phase } } }, {
        subresource: "status",
      });
    await report("Bound");
    await world.client.delete(persistentvolumes, { name: "v" });
    await world.settle();
    expect(world.names(persistentvolumes)).toEqual(["v"]);
    await report("Released");
    await world.settle();
    expect(world.names(persistentvolumes)).toEqual([]);
  });

  it("keeps a class of attributes while a claim wants it", async () => {
    await start();
    await world.client.create(volumeattributesclasses, { metadata: { name: "fast" }, driverName: "example.com/d" });
    const wanting = { ...claim, spec: { volumeAttributesClassName: "fast" } };
    await world.create(persistentvolumeclaims, wanting);
    await world.settle();
    await world.client.delete(volumeattributesclasses, { name: "fast" });
    await world.settle();
    expect(world.names(volumeattributesclasses)).toEqual(["fast"]);
    await deleteClaim();
    await world.settle();
    expect(world.names(volumeattributesclasses)).toEqual([]);
  });
});
