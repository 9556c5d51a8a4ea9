import { describe, expect, it } from "vitest";
import { statusPatch } from "./status_patch.ts";

describe("statusPatch", () => {
  it("is nothing when nothing differs", () => {
    const status = { phase: "Running", podIPs: [{ ip: "10.42.0.5" }] };
    expect(statusPatch({ ...status, nominatedNodeName: "other" }, status)).toBeUndefined();
  });
  it("has only what differs, and leaves conditions of others alone", () => {
    const before = {
      phase: "Pending",
      conditions: [{ type: "Ready", status: "False", reason: "Waits", lastTransitionTime: "t" }, {
        type: "Mine",
        status: "True",
      }],
    };
    const after = { phase: "Running", conditions: [{ type: "Ready", status: "True", lastTransitionTime: "u" }] };
    expect(statusPatch(before, after)).toEqual({
      phase: "Running",
      conditions: [{ type: "Ready", status: "True", lastTransitionTime: "u", reason: null }],
    });
  });
  it("replaces addresses instead of adding to them, and takes away what is gone", () => {
    const before = { podIPs: [{ ip: "10.42.0.5" }], podIP: "10.42.0.5", reason: "Evicted" };
    expect(statusPatch(before, { podIP: "10.42.0.6", podIPs: [{ ip: "10.42.0.6" }] })).toEqual({
      podIP: "10.42.0.6",
      podIPs: [{ $patch: "replace" }, { ip: "10.42.0.6" }],
      reason: null,
    });
  });
});
