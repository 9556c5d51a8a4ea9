import { Quantity } from "../../api/meta/quantity.ts";
import type { ResourceClaim } from "../../api/types/resource_v1.ts";
import { one } from "./amounts.ts";
import type { Evaluator } from "./evaluator.ts";

const count = "count/resourceclaims.resource.k8s.io";
/** `gpu.deviceclass.resource.k8s.io/devices`. */
const suffix = ".deviceclass.resource.k8s.io/devices";
/** A request for all devices may get as many as an allocation can hold. */
const maxDevices = 32;

interface DeviceCount {
  readonly deviceClassName: string;
  readonly allocationMode?: string;
  readonly count?: number;
}

/** Claims of devices, counted for each device class. */
export const resourceClaimEvaluator: Evaluator = {
  resource: "resource.k8s.io/resourceclaims",
  charges: ({ operation, subresource }) => operation !== "DELETE" && subresource === "",
  limits: (name) => name === count || name.endsWith(suffix),
  usage: (object) => {
    const used = new Map([[count, one]]);
    for (const { exactly, firstAvailable } of (object as ResourceClaim).spec.devices?.requests ?? []) {
      for (const [className, devices] of worstCase(exactly ? [exactly] : firstAvailable ?? [])) {
        const name = className + suffix;
        used.set(name, Quantity.of(devices).add(used.get(name) ?? Quantity.zero));
      }
    }
    return used;
  },
  inScope: () => false,
};

/** Of several alternatives one will be taken: for each class the largest counts. */
function worstCase(alternatives: readonly DeviceCount[]): Map<string, number> {
  const largest = new Map<string, number>();
  for (const { deviceClassName, allocationMode, count = 1 } of alternatives) {
    const devices = allocationMode === "All" ? maxDevices : count;
    largest.set(deviceClassName, Math.max(devices, largest.get(deviceClassName) ?? 0));
  }
  return largest;
}
