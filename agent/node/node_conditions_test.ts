import { describe, expect, it } from "vitest";
import { nodeConditions, type Observation } from "./node_conditions.ts";

const fine: Observation = {
  runtimeError: undefined,
  runtime: [{ type: "RuntimeReady", status: true, reason: "", message: "" }],
  notReady: undefined,
  availableMemoryBytes: 2 ** 30,
  filesystem: { totalBytes: 1000, availableBytes: 500, inodes: 100, freeInodes: 50 },
  freePids: 1000,
};

function statuses(seen: Partial<Observation>): Record<string, string> {
  return Object.fromEntries(
    nodeConditions({ ...fine, ...seen }, undefined, 0).map(({ type, status, reason }) => [type, `${status} ${reason}`]),
  );
}

describe("nodeConditions", () => {
  it("are upstream's for a healthy node", () => {
    expect(statuses({})).toEqual({
      MemoryPressure: "False KubeletHasSufficientMemory",
      DiskPressure: "False KubeletHasNoDiskPressure",
      PIDPressure: "False KubeletHasSufficientPID",
      Ready: "True KubeletReady",
    });
    const [memory, disk, pids] = nodeConditions(fine, undefined, 0).map(({ message }) => message);
    expect([memory, disk, pids]).toEqual([
      "kubelet has sufficient memory",
      "kubelet has no disk pressure",
      "kubelet has sufficient PID",
    ]);
  });

  it("tell of pressure", () => {
    expect(statuses({ availableMemoryBytes: 1 }).MemoryPressure).toBe("True KubeletHasInsufficientMemory");
    expect(statuses({ freePids: 1 }).PIDPressure).toBe("True KubeletHasInsufficientPID");
    const disk = (filesystem: Partial<Observation["filesystem"]>) =>
      statuses({ filesystem: { ...fine.filesystem, ...filesystem } }).DiskPressure;
    expect(disk({ availableBytes: 99 })).toBe("True KubeletHasDiskPressure");
    expect(disk({ freeInodes: 4 })).toBe("True KubeletHasDiskPressure");
    expect(disk({ inodes: undefined, freeInodes: undefined })).toBe("False KubeletHasNoDiskPressure");
  });

  it("say all that keeps the node from being ready", () => {
    const runtime = [{ type: "NetworkReady", status: false, reason: "Plugin", message: "no network" }];
    const ready = nodeConditions({ ...fine, runtime, notReady: "rules missing" }, undefined, 0).at(-1)!;
    expect(ready).toMatchObject({
      status: "False",
      message: "container runtime network not ready: Plugin: no network; rules missing",
    });
    expect(nodeConditions({ ...fine, runtimeError: "gone" }, undefined, 0).at(-1)!.message).toBe(
      "container runtime is down: gone",
    );
  });

  it("keep their time while they stay as they are", () => {
    const before = nodeConditions(fine, undefined, 0);
    const after = nodeConditions({ ...fine, notReady: "x" }, before, 60_000);
    expect(after.map(({ lastTransitionTime }) => lastTransitionTime)).toEqual([
      "1970-01-01T00:00:00Z",
      "1970-01-01T00:00:00Z",
      "1970-01-01T00:00:00Z",
      "1970-01-01T00:01:00Z",
    ]);
  });
});
