import { describe, expect, it } from "vitest";
import type { Container, Sandbox } from "../runtime/contract.ts";
import { nextBackOff, waitsUntil } from "./back_off.ts";
import { newPodState, type PodState } from "./state.ts";
import { step } from "./step.ts";

const pod = {
  metadata: { name: "a", namespace: "default", uid: "u" },
  spec: { containers: [{ name: "web", image: "i" }] },
};

function sandbox(fields: Partial<Sandbox> = {}): Sandbox {
  return {
    id: "s",
    name: "a",
    namespace: "default",
    uid: "u",
    attempt: 0,
    ready: true,
    createdAt: 100,
    ips: ["10.42.0.2"],
    labels: {},
    annotations: {},
    ...fields,
  };
}

function container(fields: Partial<Container> = {}): Container {
  return {
    id: "c",
    sandboxId: "s",
    name: "web",
    attempt: 0,
    state: "running",
    createdAt: 200,
    startedAt: 200,
    finishedAt: 0,
    exitCode: 0,
    reason: "",
    message: "",
    logPath: "",
    image: "i",
    imageId: "i",
    labels: {},
    annotations: {},
    ...fields,
  };
}

function observed(containers: Container[], at = 0): PodState {
  return step(newPodState(pod), { type: "observed", at, sandboxes: [sandbox()], containers }, 1_000).state;
}

describe("step", () => {
  it("does nothing before it knows the runtime", () => {
    const { actions } = step(newPodState(pod), { type: "tick" }, 0);
    expect(actions).toEqual([]);
  });

  it("asks for volumes, sandbox and image at once", () => {
    const { actions } = step(newPodState(pod), { type: "observed", at: 0, sandboxes: [], containers: [] }, 0);
    expect(actions.map(({ type }) => type)).toEqual(["mountVolumes", "runSandbox", "ensureImage"]);
  });

  it("believes what it saw itself more than a list that was asked for before", () => {
    const before = observed([container()]);
    const dead = step(
      before,
      { type: "container", container: container({ state: "exited", exitCode: 1, finishedAt: 900 }) },
      1_000,
    ).state;
    const late =
      step(dead, { type: "observed", at: 800, sandboxes: [sandbox()], containers: [container()] }, 1_000).state;
    expect(late.containers.map(({ state }) => state)).toEqual(["exited"]);
    const gone = step(before, { type: "observed", at: 300, sandboxes: [sandbox()], containers: [] }, 1_000).state;
    expect(gone.containers).toEqual([]);
  });

  it("keeps a sandbox that came into being while a list was made, whenever the runtime says that it was created", () => {
    const dead = observed([container()]);
    const second = sandbox({ id: "s2", attempt: 1, createdAt: 500 });
    const heard = step(dead, { type: "sandbox", sandbox: second }, 900).state;
    const old = [sandbox({ ready: false })];
    const young = step(heard, { type: "observed", at: 800, sandboxes: old, containers: [] }, 1_000).state;
    expect(young.sandboxes.map(({ id }) => id)).toEqual(["s2", "s"]);
    const later = step(heard, { type: "observed", at: 901, sandboxes: old, containers: [] }, 1_000).state;
    expect(later.sandboxes.map(({ id }) => id)).toEqual(["s"]);
  });

  it("brings nothing back that went while a list was made", () => {
    const gone = step(observed([container()]), { type: "containerGone", id: "c" }, 900).state;
    const late = step(gone, { type: "observed", at: 800, sandboxes: [sandbox()], containers: [container()] }, 1_000);
    expect(late.state.containers).toEqual([]);
  });

  it("kills again when there is less time than before, and only then", () => {
    const deleted = (grace: number) => ({
      ...pod,
      metadata: { ...pod.metadata, deletionTimestamp: "2026-01-01T00:00:00Z", deletionGracePeriodSeconds: grace },
    });
    const first = step(observed([container()]), { type: "desired", pod: deleted(30) }, 1_000);
    expect(first.actions).toMatchObject([{ type: "killContainer", graceSeconds: 30 }]);
    expect(step(first.state, { type: "tick" }, 5_000).actions).toEqual([]);
    const second = step(first.state, { type: "desired", pod: deleted(0) }, 6_000);
    expect(second.actions).toMatchObject([{ type: "killContainer", graceSeconds: 1 }]);
  });
});

describe("back-off", () => {
  it("doubles up to five minutes and is forgotten after ten", () => {
    let backOff = nextBackOff(undefined, 0);
    const delays = [backOff.delay];
    for (let i = 1; i < 7; i++) delays.push((backOff = nextBackOff(backOff, i)).delay);
    expect(delays).toEqual([10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000]);
    expect(waitsUntil(backOff, 10, 20)).toBe(300_010);
    expect(waitsUntil(backOff, 700_000, 700_001)).toBeUndefined();
    expect(nextBackOff(backOff, 700_000).delay).toBe(10_000);
  });
});
