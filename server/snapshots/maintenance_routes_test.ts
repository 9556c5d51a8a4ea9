import { describe, expect, it } from "vitest";
import { ManualClock } from "../../api/clock.ts";
import { BudgetedDatastore } from "../../datastore/budget/budgeted_datastore.ts";
import { openMemory } from "../../datastore/memory/memory_datastore.ts";
import type { Call } from "../apiserver/http/call.ts";
import { maintenanceRoutes } from "./maintenance_routes.ts";

describe("maintenance routes", () => {
  it("refuse everybody but administrators, and every method but GET", async () => {
    const store = new BudgetedDatastore(openMemory(), { bytesPerDay: 0, clock: new ManualClock() });
    const routes = maintenanceRoutes(store);
    // Whoever may GET every path by a role is still not one who may read every Secret.
    const groups = ["system:authenticated", "system:serviceaccounts", "system:nodes"];
    for (const route of routes.values()) {
      const as = (groups: string[], verb: string) =>
        ({ user: { name: "u", groups }, info: { verb } }) as unknown as Call;
      expect(() => route(as(groups, "get"))).toThrow('User "u" is not in the group system:masters');
      expect(() => route(as(["system:masters"], "post"))).toThrow("does not allow this method");
    }
    expect(routes.size).toBe(2);
    await store.close();
  });
});
