import { describe, expect, it } from "vitest";
import { schema } from "../../../api/schema/schema.ts";
import { ZeroValues } from "./zero_values.ts";

function normalised(apiVersion: string, kind: string, object: Record<string, unknown>): Record<string, unknown> {
  new ZeroValues(schema).normalise(schema.ofKind(apiVersion, kind)!, object);
  return object;
}

describe("zero values", () => {
  it("go where Go omits them, and stay where a pointer or their presence means something", () => {
    const spec = {
      replicas: 0,
      paused: false,
      minReadySeconds: 0,
      template: {
        spec: {
          hostNetwork: false,
          nodeName: "",
          terminationGracePeriodSeconds: 0,
          volumes: [{ name: "v", emptyDir: {} }],
          containers: [{ name: "a", args: [], tty: false, env: [{ name: "E", value: "" }] }],
          nodeSelector: {},
        },
      },
    };
    expect(normalised("apps/v1", "Deployment", { metadata: { labels: {} }, spec }).spec).toEqual({
      replicas: 0,
      strategy: {},
      template: {
        metadata: {},
        spec: {
          terminationGracePeriodSeconds: 0,
          volumes: [{ name: "v", emptyDir: {} }],
          containers: [{ name: "a", env: [{ name: "E" }], resources: {} }],
        },
      },
    });
  });

  it("come with thousandths of resources, rounded up, and with the fractions of devices as they are", () => {
    const hard = { cpu: "100u", memory: "1500n", pods: "-1u", storage: "1Gi" };
    expect(normalised("v1", "ResourceQuota", { spec: { hard } })["spec"])
      .toEqual({ hard: { cpu: "1m", memory: "1m", pods: "-1m", storage: "1Gi" } });
    const exactly = { deviceClassName: "c", capacity: { requests: { "d/size": "100u" } } };
    const claim = { spec: { devices: { requests: [{ name: "r", exactly }] } } };
    expect(JSON.stringify(normalised("resource.k8s.io/v1", "ResourceClaim", claim))).toContain('"d/size":"100u"');
  });

  it("go where Go would write null", () => {
    expect(normalised("rbac.authorization.k8s.io/v1", "Role", { rules: [] })).toEqual({ metadata: {} });
  });

  it("appear where Go always writes them", () => {
    expect(normalised("v1", "Service", {}).status).toEqual({ loadBalancer: {} });
    expect(normalised("apps/v1", "ReplicaSet", {}).status).toEqual({ replicas: 0 });
    expect(normalised("v1", "ConfigMap", { data: null })).toEqual({ metadata: {} });
    const devices = [{ name: "d", capacity: { memory: {} } }];
    expect(normalised("resource.k8s.io/v1", "ResourceSlice", { spec: { devices } }).spec).toMatchObject({
      devices: [{ capacity: { memory: { value: "0" } } }],
    });
  });
});
