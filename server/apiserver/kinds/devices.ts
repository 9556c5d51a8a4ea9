/** resource.k8s.io: what devices there are, and who asks for them. */
import type {
  DeviceClaim,
  DeviceClass,
  DeviceToleration,
  ResourceClaim,
  ResourceClaimTemplate,
  ResourceSlice,
} from "../../../api/types/resource_v1.ts";
import type { Strategy } from "./strategy.ts";

interface Request {
  allocationMode?: string;
  count?: number;
  tolerations?: DeviceToleration[];
}

export const deviceClassStrategy: Strategy<DeviceClass> = { generationFields: ["spec"] };

export const resourceClaimStrategy: Strategy<ResourceClaim> = {
  defaults: ({ spec }) => defaultClaim(spec.devices),
};

export const resourceClaimTemplateStrategy: Strategy<ResourceClaimTemplate> = {
  defaults: ({ spec }) => defaultClaim(spec.spec?.devices),
};

export const resourceSliceStrategy: Strategy<ResourceSlice> = { generationFields: ["spec"] };

function defaultClaim(claim: DeviceClaim | undefined): void {
  for (const { exactly, firstAvailable = [] } of claim?.requests ?? []) {
    for (const request of [...exactly ? [exactly] : [], ...firstAvailable]) defaultRequest(request);
  }
}

function defaultRequest(request: Request): void {
  request.allocationMode ??= "ExactCount";
  if (request.allocationMode === "ExactCount") request.count ??= 1;
  for (const toleration of request.tolerations ?? []) toleration.operator ??= "Equal";
}
