import { expect } from "vitest";
import type { Case } from "../engine.ts";
import { randomSource } from "../random.ts";
import { Clients, expectLinearizable } from "./clients.ts";

export function linearizabilityCases(it: Case): void {
  it("answers clients that race for the same keys as if they had come one after the other", async (store) => {
    const random = randomSource(Math.floor(Math.random() * 2 ** 31));
    const clients = new Clients({ stores: [store], clients: 10, keys: ["a", "b", "c"], random }, 60);
    await clients.finished();
    expect([clients.completed, [...clients.failures]]).toEqual([600, []]);
    expectLinearizable(clients.history);
  });
}
