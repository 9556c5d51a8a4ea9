import { describe, it } from "vitest";
import { deviceclasses, resourceclaims, resourceclaimtemplates, resourceslices } from "../../api/resources.ts";
import { type Lifecycle, liveThrough } from "./lifecycle.ts";
import { sharedApi } from "./shared_api.ts";

const devices = { requests: [{ name: "req-0", exactly: { deviceClassName: "gpu" } }] };

const kinds: Readonly<Record<string, Lifecycle>> = {
  DeviceClass: {
    resource: deviceclasses,
    object: { spec: { selectors: [{ cel: { expression: 'device.driver == "skiff.test"' } }] } },
  },
  ResourceClaimTemplate: { resource: resourceclaimtemplates, object: { spec: { spec: { devices } } } },
  ResourceClaim: {
    resource: resourceclaims,
    statusAlone: true,
    object: { spec: { devices } },
    status: {
      allocation: {
        devices: { results: [{ request: "req-0", driver: "skiff.test", pool: "pool", device: "device-0" }] },
      },
    },
  },
  ResourceSlice: {
    resource: resourceslices,
    object: {
      spec: {
        driver: "skiff.test",
        nodeName: "node",
        pool: { name: "pool", generation: 1, resourceSliceCount: 1 },
        devices: [{ name: "device-0" }],
      },
    },
  },
};

describe("resource.k8s.io/v1", () => {
  const api = sharedApi();
  for (const [title, kind] of Object.entries(kinds)) it(title, () => liveThrough(api(), kind));
});
