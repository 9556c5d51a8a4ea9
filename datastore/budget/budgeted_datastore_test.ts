import { describe, expect, it } from "vitest";
import type { Datastore, Operation } from "../contract.ts";
import { openMemory } from "../memory/memory_datastore.ts";
import { openSqlite } from "../sqlite/open.ts";
import { testDatastore } from "../suite/datastore_suite.ts";
import { put } from "../suite/engine.ts";
import { ManualClock } from "../suite/testing/manual_clock.ts";
import { until } from "../suite/testing/wait.ts";
import { BudgetedDatastore } from "./budgeted_datastore.ts";

const MEGABYTE = 1_000_000;
const everything = { mayHold: () => true, saw: () => {} };

testDatastore({
  name: "sqlite with a budget that lets every write wait",
  durable: true,
  create: async () => {
    const directory = await Deno.makeTempDir({ prefix: "skiff-datastore-" });
    return {
      open: async () => {
        const store = await openSqlite({ path: `${directory}/db/state.db` });
        return new BudgetedDatastore(store, { bytesPerDay: MEGABYTE, clock: new ManualClock(), policy: everything });
      },
      dispose: () => Deno.remove(directory, { recursive: true }),
    };
  },
});

function lease(holder: string, renewTime: string, expect?: number): Operation {
  const value = JSON.stringify({
    kind: "Lease",
    apiVersion: "coordination.k8s.io/v1",
    metadata: {
      managedFields: [
        { manager: "kubectl", operation: "Update", apiVersion: "v1", time: "2026-01-01T00:00:00Z", fieldsV1: {} },
        { manager: "agent", operation: "Update", apiVersion: "v1", time: renewTime, fieldsV1: {} },
      ],
      name: "node",
    },
    spec: { holderIdentity: holder, leaseDurationSeconds: 40, renewTime },
  });
  return { kind: "put", key: "/registry/leases/kube-node-lease/node", value, ...expect !== undefined && { expect } };
}

async function withStore(
  body: (store: BudgetedDatastore, inner: Datastore, clock: ManualClock) => Promise<void>,
  bytesPerDay = 50 * MEGABYTE,
): Promise<void> {
  const directory = await Deno.makeTempDir({ prefix: "skiff-datastore-" });
  const inner = await openSqlite({ path: `${directory}/state.db` });
  const clock = new ManualClock();
  const store = new BudgetedDatastore(inner, { bytesPerDay, clock });
  try {
    await body(store, inner, clock);
  } finally {
    await store.close();
    await Deno.remove(directory, { recursive: true });
  }
}

describe("BudgetedDatastore", () => {
  it("holds renewals and Events, and writes what others act on at once", () =>
    withStore(async (store, inner) => {
      const held = async () => (await inner.holding!.usage()).held;
      const event: Operation = { kind: "put", key: "/registry/events/default/e", value: "{}" };
      // Reserves revisions.
      await store.commit([event]);
      let { revision } = await store.commit([lease("a", "1", 0)]);
      expect(await held()).toBe(0);
      for (const time of ["2", "3", "4"]) ({ revision } = await store.commit([lease("a", time, revision)]));
      await store.commit([event]);
      expect(await held()).toBe(4);
      // Another holder.
      ({ revision } = await store.commit([lease("b", "5", revision)]));
      expect(await held()).toBe(0);
      ({ revision } = await store.commit([lease("b", "6", revision)]));
      expect(await held()).toBe(1);
      // A renewal that would replace whatever is there.
      ({ revision } = await store.commit([lease("b", "7")]));
      expect(await held()).toBe(0);
      await store.commit([event, lease("b", "8", revision)]);
      expect(await held()).toBe(2);
      await put(store, "/registry/pods/default/p", "{}");
      expect(await held()).toBe(0);
    }));

  it("holds nothing without a budget, nor in an engine that cannot", async () => {
    await withStore(async (store, inner) => {
      for (let i = 0; i < 3; i++) await put(store, "/registry/events/default/e", "{}");
      expect(await inner.holding!.usage()).toMatchObject({ held: 0 });
      expect((await store.report()).holds).toBe(false);
    }, 0);
    const memory = new BudgetedDatastore(openMemory(), { bytesPerDay: MEGABYTE, clock: new ManualClock() });
    await put(memory, "/registry/events/default/e", "{}");
    expect((await memory.report()).holds).toBe(false);
    await memory.close();
  });

  it("writes what is held when the plan allows it", () =>
    withStore(async (store, inner, clock) => {
      for (let i = 0; i < 5; i++) await put(store, "/registry/events/default/e", `${i}`);
      await until("a timer is set", () => clock.pending);
      clock.advance(60_000);
      expect((await inner.holding!.usage()).held).toBe(4);
      clock.advance(600_000);
      await until("all is written", async () => (await inner.holding!.usage()).held === 0);
      // Nothing is held: no timer.
      expect(clock.pending).toBe(false);
    }));

  it("tells who wrote what", () =>
    withStore(async (store) => {
      const { revision } = await store.commit([lease("a", "2026-01-01T00:00:01Z", 0)]);
      await store.commit([lease("a", "2026-01-01T00:00:02Z", revision)]);
      await put(store, "/registry/services/specs/default/s", "{}");
      await put(store, "/registry/example.com/widgets/default/w", "v".repeat(1000));
      await store.commit([{ kind: "delete", key: "/registry/services/specs/default/s" }]);
      const { counts, writtenBytes } = await store.report();
      expect(counts.map(({ resource, writer, writes, held }) => [resource, writer, writes, held])).toEqual([
        ["example.com/widgets", "", 1, 0],
        ["leases", "agent", 2, 1],
        ["services/specs", "", 1, 0],
        ["services/specs", "(deletion)", 1, 0],
      ]);
      expect(writtenBytes).toBeGreaterThan(0);
    }));
});
