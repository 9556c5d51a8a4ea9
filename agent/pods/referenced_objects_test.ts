import { describe, expect, it } from "vitest";
import { ManualClock } from "../../api/clock.ts";
import { configmaps } from "../../api/resources.ts";
import { MemoryClient } from "../../client/testing/memory_client.ts";
import { ReferencedObjects } from "./referenced_objects.ts";

describe("ReferencedObjects", () => {
  it("watches what is used once for all who use it, tells them of changes, and ends with the last", async () => {
    const clock = new ManualClock();
    const client = new MemoryClient(clock);
    const stop = new AbortController();
    const told: string[][] = [];
    const objects = new ReferencedObjects({
      client,
      clock,
      signal: stop.signal,
      changed: (uids) => void told.push([...uids]),
    });
    const create = (name: string) =>
      client.create(configmaps, { metadata: { namespace: "a", name }, data: { x: "1" } });
    await create("used");
    await create("other");
    expect((await objects.get(configmaps, "a", "used", "u1"))?.data).toEqual({ x: "1" });
    await objects.get(configmaps, "a", "used", "u2");
    expect(await objects.get(configmaps, "a", "later", "u1")).toBeUndefined();
    expect(objects.size).toBe(2);
    expect(told).toEqual([]);

    const patch = { type: "merge", patch: { data: { x: "2" } } } as const;
    await client.patch(configmaps, { namespace: "a", name: "other" }, patch);
    await client.patch(configmaps, { namespace: "a", name: "used" }, patch);
    await create("later");
    for (let i = 0; i < 20 && told.length < 2; i++) await clock.advance(0);
    expect(told.map((uids) => uids.join()).sort()).toEqual(["u1", "u1,u2"]);
    expect((await objects.get(configmaps, "a", "used", "u1"))?.data).toEqual({ x: "2" });

    objects.release("u1");
    expect(objects.size).toBe(1);
    objects.release("u2");
    expect(objects.size).toBe(0);
    await client.patch(configmaps, { namespace: "a", name: "used" }, { type: "merge", patch: { data: { x: "3" } } });
    await clock.advance(0);
    expect(told.length).toBe(2);
    stop.abort(new Error("done"));
  });
});
