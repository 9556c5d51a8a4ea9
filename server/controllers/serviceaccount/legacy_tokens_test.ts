import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { configmaps, pods, secrets, serviceaccounts } from "../../../api/resources.ts";
import type { Secret } from "../../../api/types/core_v1.ts";
import { World } from "../testing/world.ts";
import { DAY, dayOf, isDay } from "./day.ts";
import { legacyTokenCleaner } from "./legacy_token_cleaner.ts";
import { legacyTokenTracking, trackingTarget } from "./legacy_token_tracking.ts";

const [lastUsed, invalidSince] = [
  "kubernetes.io/legacy-token-last-used",
  "kubernetes.io/legacy-token-invalid-since",
];

it("isDay takes days alone", () => {
  expect(["2026-01-31", "2024-02-29", "2026-02-29", "2026-1-1", "soon", undefined].map(isDay)).toEqual(
    [true, true, false, false, false, false],
  );
});

describe("legacy token controllers", () => {
  let world: World;
  let today: () => string;
  beforeEach(() => {
    world = new World();
    today = () => dayOf(world.clock.now());
  });
  afterEach(() => world.stop());

  const since = async () => (await world.client.get(configmaps, trackingTarget)).data?.["since"];

  it("note since when the use of tokens is noted, and never later than that", async () => {
    await world.start(legacyTokenTracking);
    const first = today();
    expect(await since()).toBe(first);
    await world.settle(3 * DAY);
    expect(await since()).toBe(first);
    await world.client.patch(configmaps, trackingTarget, { type: "merge", patch: { data: { since: "long ago" } } });
    await world.settle();
    expect(await since()).toBe(today());
    await world.client.delete(configmaps, trackingTarget);
    await world.settle();
    expect(await since()).toBe(today());
  });

  it("mark after a year without use what was made by itself, and delete it after another", async () => {
    const account = await world.create(serviceaccounts, {
      metadata: { name: "robot" },
      secrets: ["unused", "used", "mounted", "odd", "other"].map((name) => ({ name })),
    });
    const token = (name: string, labels = {}, uid = account.metadata.uid!) =>
      world.create(secrets, {
        metadata: {
          name,
          labels,
          annotations: { "kubernetes.io/service-account.name": "robot", "kubernetes.io/service-account.uid": uid },
        },
        type: "kubernetes.io/service-account-token",
      });
    await token("unused");
    await token("used", { [lastUsed]: dayOf(world.clock.now() + 300 * DAY) });
    await token("mounted");
    await token("odd", { [lastUsed]: "yesterday" });
    await token("other", {}, "of another account of that name");
    await token("made-by-a-user");
    await world.create(pods, {
      metadata: { name: "p" },
      spec: { containers: [{ name: "c", image: "i" }], volumes: [{ name: "v", secret: { secretName: "mounted" } }] },
    });
    await world.start(legacyTokenTracking, legacyTokenCleaner);
    const marked = () =>
      world.client.all(secrets).flatMap(({ metadata: { name, labels } }: Secret) =>
        labels?.[invalidSince] ? [[name, labels[invalidSince]]] : []
      );
    await world.settle(365 * DAY);
    expect(marked()).toEqual([]);
    await world.settle(2 * DAY);
    const day = today();
    expect(marked()).toEqual([["unused", marked()[0]![1]]]);
    expect(marked()[0]![1]! <= day).toBe(true);
    await world.settle(300 * DAY);
    expect(marked().map(([name]) => name)).toEqual(["unused", "used"]);
    await world.settle(67 * DAY);
    expect(world.names(secrets)).toEqual(["made-by-a-user", "mounted", "odd", "other", "used"]);
  });
});
