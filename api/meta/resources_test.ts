import { describe, expect, it } from "vitest";
import type { Container, Pod, PodSpec } from "../types/core_v1.ts";
import { qosClass } from "./qos_class.ts";
import { Quantity } from "./quantity.ts";
import { podLimits, podRequests, type ResourceTotals } from "./resources.ts";

type Texts = Record<string, string>;

function container(requests?: Texts, limits?: Texts, rest: Partial<Container> = {}): Container {
  return { name: "c", resources: { ...(requests ? { requests } : {}), ...(limits ? { limits } : {}) }, ...rest };
}

function pod(spec: Partial<PodSpec>, status: Pod["status"] = {}): Pod {
  return { metadata: { name: "x" }, spec: { containers: [], ...spec }, status };
}

function shown(totals: ResourceTotals): Texts {
  return Object.fromEntries([...totals].map(([name, amount]) => [name, amount.toString()]));
}

const sidecar = (cpu: string) => container({ cpu }, undefined, { restartPolicy: "Always" });

describe("podRequests", () => {
  it("sums containers and takes the larger init container", () => {
    const subject = pod({
      containers: [container({ cpu: "100m", memory: "64Mi" }), container({ cpu: "200m" })],
      initContainers: [container({ cpu: "1" }), container({ memory: "32Mi" })],
    });
    expect(shown(podRequests(subject))).toEqual({ cpu: "1", memory: "64Mi" });
  });

  it("adds sidecars to what starts after them", () => {
    const subject = pod({
      containers: [container({ cpu: "1" })],
      initContainers: [container({ cpu: "4" }), sidecar("1"), container({ cpu: "4" }), sidecar("2")],
    });
    // The peak is the third: 4 beside the first sidecar's 1; together they need 1 + 1 + 2.
    expect(shown(podRequests(subject))).toEqual({ cpu: "5" });
  });

  it("puts overhead on top and what is stated for the whole Pod in place of sums", () => {
    const subject = pod({
      containers: [container({ cpu: "1", "example.com/gpu": "2" })],
      overhead: { cpu: "50m", memory: "10Mi" },
      resources: { requests: { cpu: "3", "example.com/gpu": "9" } },
    });
    expect(shown(podRequests(subject))).toEqual({ cpu: "3050m", "example.com/gpu": "2", memory: "10Mi" });
    expect(shown(podRequests(subject, { withoutOverhead: true }))).toEqual({ cpu: "3", "example.com/gpu": "2" });
  });

  it("counts the missing ones where it is told to", () => {
    const missing = new Map([["cpu", Quantity.ofMilli(100)]]);
    const subject = pod({ containers: [container({ memory: "1Mi" }), container({ cpu: "0" })] });
    expect(shown(podRequests(subject, { missing }))).toEqual({ memory: "1Mi", cpu: "100m" });
  });

  it("counts what a resize still holds", () => {
    const status = {
      containerStatuses: [{
        name: "c",
        ready: true,
        restartCount: 0,
        image: "",
        imageID: "",
        allocatedResources: { cpu: "2" },
        resources: { requests: { cpu: "3" } },
      }],
    };
    const spec = { containers: [container({ cpu: "1" })] };
    expect(shown(podRequests(pod(spec, status)))).toEqual({ cpu: "1" });
    expect(shown(podRequests(pod(spec, status), { useStatus: true }))).toEqual({ cpu: "3" });
    const wanted = { containers: [container({ cpu: "8" })] };
    expect(shown(podRequests(pod(wanted, status), { useStatus: true }))).toEqual({ cpu: "8" });
    const infeasible = {
      ...status,
      conditions: [{ type: "PodResizePending", status: "True", reason: "Infeasible" }],
    };
    expect(shown(podRequests(pod(wanted, infeasible), { useStatus: true }))).toEqual({ cpu: "3" });
  });

  it("of an empty Pod is nothing", () => expect(podRequests(pod({})).size).toBe(0));
});

describe("podLimits", () => {
  it("adds overhead to limits that there are", () => {
    const subject = pod({
      containers: [container(undefined, { cpu: "1" })],
      overhead: { cpu: "100m", memory: "1Mi" },
    });
    expect(shown(podLimits(subject))).toEqual({ cpu: "1100m" });
  });
});

describe("qosClass", () => {
  const full = { cpu: "1", memory: "1Gi" };

  it.each<[string, Partial<PodSpec>]>([
    ["BestEffort", { containers: [container()] }],
    ["BestEffort", { containers: [container({ "ephemeral-storage": "1Gi" }, { cpu: "0" })] }],
    ["Guaranteed", { containers: [container(full, full)] }],
    ["Guaranteed", {
      containers: [container(full, { cpu: "1000m", memory: "1024Mi" })],
      initContainers: [container(full, full)],
    }],
    ["Burstable", { containers: [container(full, full), container()] }],
    ["Burstable", { containers: [container(full, full)], initContainers: [container()] }],
    ["Burstable", { containers: [container({ cpu: "500m", memory: "1Gi" }, full)] }],
    ["Burstable", { containers: [container({ cpu: "1" }, { cpu: "1" })] }],
    ["Burstable", { containers: [container({ cpu: "1" })] }],
    ["Guaranteed", { containers: [container({ cpu: "1" })], resources: { requests: full, limits: full } }],
    ["Burstable", { containers: [container(full, full)], resources: { requests: { cpu: "1" } } }],
  ])("%s", ([expected, spec]) => expect(qosClass(pod(spec))).toBe(expected));
});
