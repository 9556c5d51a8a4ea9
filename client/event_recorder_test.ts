import { beforeEach, describe, expect, it } from "vitest";
import { ManualClock } from "../api/clock.ts";
import { events, pods } from "../api/resources.ts";
import { serviceUnavailable } from "../api/status.ts";
import type { Pod } from "../api/types/core_v1.ts";
import { createEventRecorder, type EventRecorder } from "./event_recorder.ts";
import { MemoryClient } from "./testing/memory_client.ts";

describe("createEventRecorder", () => {
  let clock: ManualClock;
  let client: MemoryClient;
  let recorder: EventRecorder;
  let pod: Pod;

  beforeEach(async () => {
    clock = new ManualClock();
    client = new MemoryClient(clock);
    const { signal } = new AbortController();
    recorder = createEventRecorder(client, { clock, signal, component: "kubelet", host: "n1" });
    pod = await client.create(pods, { metadata: { name: "web", namespace: "test" }, spec: { containers: [] } });
  });

  const settle = () => clock.advance(1);
  const counts = () => client.all(events).map(({ reason, message, count }) => `${reason}: ${message} x${count}`);

  it("writes an event about an object", async () => {
    recorder.event(pod, "Normal", "Started", "Started container");
    await settle();
    const [event] = client.all(events);
    expect(event).toMatchObject({
      type: "Normal",
      reason: "Started",
      message: "Started container",
      count: 1,
      source: { component: "kubelet", host: "n1" },
      involvedObject: { kind: "Pod", apiVersion: "v1", namespace: "test", name: "web", uid: pod.metadata.uid },
    });
    expect(event?.metadata.namespace).toBe("test");
    expect(event?.metadata.name).toMatch(/^web\.[0-9a-f]+$/);
  });

  it("puts events about cluster-scoped objects into the default namespace", async () => {
    recorder.event({ kind: "Node", name: "n1", uid: "n1" }, "Normal", "Starting", "");
    await settle();
    expect(client.all(events)[0]?.metadata.namespace).toBe("default");
  });

  it("counts equal events up, also when the stored one is gone meanwhile", async () => {
    for (let i = 0; i < 3; i++) recorder.event(pod, "Warning", "BackOff", "again");
    await settle();
    expect(counts()).toEqual(["BackOff: again x3"]);
    await client.deleteCollection(events);
    recorder.event(pod, "Warning", "BackOff", "again");
    await settle();
    expect(counts()).toEqual(["BackOff: again x4"]);
  });

  it("combines events that differ in their message alone", async () => {
    for (let i = 0; i < 15; i++) recorder.event(pod, "Warning", "Failed", `try ${i}`);
    await settle();
    expect(counts()).toHaveLength(10);
    expect(counts().at(-1)).toBe("Failed: (combined from similar events): try 14 x6");
  });

  it("cuts an object short that causes too many, for five minutes an event", async () => {
    for (let i = 0; i < 40; i++) recorder.event(pod, "Warning", `R${i}`, "x");
    await settle();
    expect(counts()).toHaveLength(25);
    await clock.advance(301_000);
    recorder.event(pod, "Warning", "Later", "x");
    recorder.event(pod, "Warning", "Last", "x");
    await settle();
    expect(counts()).toHaveLength(26);
  });

  it("tries again while the API is away, and keeps the waiting ones within bounds", async () => {
    client.intercept = ({ resource }) => {
      if (resource === "events") throw serviceUnavailable("away");
    };
    for (let i = 0; i < 3000; i++) recorder.event({ kind: "Node", name: `n${i}` }, "Normal", "R", "x");
    await settle();
    client.intercept = undefined;
    await clock.advance(10_000);
    expect(client.all(events).length).toBe(1001);
  });

  it("drops an event about something without a kind instead of failing", async () => {
    recorder.event({ metadata: { name: "x" } }, "Normal", "R", "x");
    await settle();
    expect(client.all(events)).toEqual([]);
  });
});
