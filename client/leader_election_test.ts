import { describe, expect, it } from "vitest";
import { ManualClock } from "../api/clock.ts";
import { leases } from "../api/resources.ts";
import { serviceUnavailable } from "../api/status.ts";
import { runLeaderElection } from "./leader_election.ts";
import { MemoryClient } from "./testing/memory_client.ts";

const lease = { namespace: "kube-system", name: "l" };

function candidate(client: MemoryClient, clock: ManualClock, identity: string, log: string[]) {
  const stop = new AbortController();
  const ended = runLeaderElection({
    client,
    clock,
    signal: stop.signal,
    lease,
    identity,
    lead(signal) {
      log.push(`${identity} leads`);
      return new Promise((resolve) =>
        signal.addEventListener("abort", () => {
          log.push(`${identity} stops`);
          resolve();
        })
      );
    },
  });
  return {
    async stop() {
      stop.abort();
      await ended;
    },
  };
}

describe("runLeaderElection", () => {
  it("has one leader at a time, and another soon after it has stopped", async () => {
    const clock = new ManualClock();
    const client = new MemoryClient(clock);
    const log: string[] = [];
    const a = candidate(client, clock, "a", log);
    await clock.advance(100);
    const b = candidate(client, clock, "b", log);
    await clock.advance(60_000);
    expect(log).toEqual(["a leads"]);
    await a.stop();
    await clock.advance(5_000);
    expect(log).toEqual(["a leads", "a stops", "b leads"]);
    expect(client.all(leases)[0]?.spec).toMatchObject({
      holderIdentity: "b",
      leaseTransitions: 1,
      leaseDurationSeconds: 15,
    });
    await b.stop();
    expect(clock.pending).toBe(0);
  });

  it("steps down before another can take over when it cannot renew", async () => {
    const clock = new ManualClock();
    const client = new MemoryClient(clock);
    const log: string[] = [];
    const a = candidate(client, clock, "a", log);
    await clock.advance(100);
    const b = candidate(client, clock, "b", log);
    await clock.advance(10_000);
    client.intercept = ({ verb, object }) => {
      const holder = (object as { spec?: { holderIdentity?: string } } | undefined)?.spec?.holderIdentity;
      if (verb === "update" && holder !== "b") throw serviceUnavailable("cut off");
    };
    await clock.advance(30_000);
    expect(log).toEqual(["a leads", "a stops", "b leads"]);
    await a.stop();
    await b.stop();
  });
});
