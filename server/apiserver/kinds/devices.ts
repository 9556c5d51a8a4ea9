/** resource.k8s.io: what devices there are, and who asks for them. */
import { deepEqual } from "../../../api/meta/deep_equal.ts";
import { FieldError } from "../../../api/meta/field.ts";
import { formatTime } from "../../../api/meta/time.ts";
import { goValue } from "../../../api/schema/go_value.ts";
import type {
  Device,
  DeviceClaim,
  DeviceClass,
  DeviceToleration,
  ResourceClaim,
  ResourceClaimTemplate,
  ResourceSlice,
} from "../../../api/types/resource_v1.ts";
import { checkConfiguration, checkItems } from "./device_checks.ts";
import { maxConfigurations, validateDeviceClaim } from "./device_claim_validation.ts";
import { checkSelectors, loadSelectors } from "./device_selectors.ts";
import { validateSlice } from "./device_slice_validation.ts";
import { deviceId, validateClaimStatus } from "./device_status_validation.ts";
import { isExtendedResource } from "./resources_validation.ts";
import { specPath } from "./scheduling_validation.ts";
import type { Strategy } from "./strategy.ts";
import { validateTemplateMetadata } from "./template_metadata.ts";

interface Request {
  allocationMode?: string;
  count?: number;
  tolerations?: DeviceToleration[];
}

export const deviceClassStrategy: Strategy<DeviceClass> = {
  load: loadSelectors,
  generationFields: ["spec"],
  validate({ spec }, old) {
    const errors: FieldError[] = [];
    const { selectors, config, extendedResourceName: name } = spec;
    checkSelectors(selectors, specPath.child("selectors"), errors);
    const isStored = old !== undefined && deepEqual(config, old.spec.config);
    checkItems(config, maxConfigurations, specPath.child("config"), errors, (configuration, at) => {
      checkConfiguration(configuration, at, errors, isStored);
    });
    if (name !== undefined && !isExtendedResource(name)) {
      const at = specPath.child("extendedResourceName");
      errors.push(FieldError.invalid(at, name, "must be a valid extended resource name"));
    }
    return errors;
  },
};

export const resourceClaimStrategy: Strategy<ResourceClaim> = {
  load: loadSelectors,
  defaults: ({ spec }) => defaultClaim(spec.devices),
  defaultStatus({ status }) {
    for (const { tolerations } of status?.allocation?.devices?.results ?? []) defaultTolerations(tolerations);
  },
  prepareForStatusUpdate: dropDeallocated,
  validateCreate({ spec }) {
    const errors: FieldError[] = [];
    validateDeviceClaim(spec.devices ?? {}, specPath.child("devices"), errors);
    return errors;
  },
  // What cannot change is not looked at again.
  validate: () => [],
  validateUpdate: ({ spec }, old) =>
    deepEqual(spec, old.spec)
      ? []
      : [FieldError.immutable(specPath, goValue("io.k8s.api.resource.v1.ResourceClaimSpec", spec))],
  validateStatusUpdate: validateClaimStatus,
};

export const resourceClaimTemplateStrategy: Strategy<ResourceClaimTemplate> = {
  load: loadSelectors,
  defaults: ({ spec }) => defaultClaim(spec.spec?.devices),
  validate({ spec }) {
    const errors: FieldError[] = [];
    validateTemplateMetadata(spec.metadata, specPath, errors);
    validateDeviceClaim(spec.spec?.devices ?? {}, specPath.child("spec", "devices"), errors);
    return errors;
  },
  validateUpdate: ({ spec }, old) =>
    deepEqual(spec, old.spec)
      ? []
      : [FieldError.immutable(specPath, goValue("io.k8s.api.resource.v1.ResourceClaimTemplateSpec", spec))],
};

export const resourceSliceStrategy: Strategy<ResourceSlice> = {
  // Counted below.
  generationFields: [],
  defaultTimes({ spec }, now) {
    for (const { taints = [] } of spec.devices ?? []) {
      for (const taint of taints) taint.timeAdded ??= formatTime(now);
    }
  },
  prepareForCreate: ({ spec }) => dropDisabledFields(spec.devices),
  prepareForUpdate({ metadata, spec }, old) {
    // Upstream counts what it is about to drop, too.
    if (!deepEqual(spec, old.spec)) metadata.generation = (old.metadata.generation ?? 0) + 1;
    dropDisabledFields(spec.devices);
  },
  warnings({ spec: { driver = "" } }) {
    if (driver === driver.toLowerCase()) return [];
    const shown = JSON.stringify(driver);
    return [`spec.driver: driver names should be lowercase; ${shown} contains uppercase characters`];
  },
  validate({ spec }, old) {
    const errors: FieldError[] = [];
    validateSlice(spec, old?.spec, specPath, errors);
    return errors;
  },
  fields: {
    "spec.nodeName": ({ spec }) => spec.nodeName ?? "",
    "spec.driver": ({ spec }) => spec.driver ?? "",
  },
};

/** Fields of features that are off. */
function dropDisabledFields(devices: readonly Device[] = []): void {
  for (const device of devices) {
    delete device.nodeAllocatableResourceMappings;
    for (const attribute of Object.values(device.attributes ?? {})) {
      for (const list of ["ints", "bools", "strings", "versions"] as const) delete attribute[list];
    }
  }
}

function defaultClaim(claim: DeviceClaim | undefined): void {
  for (const { exactly, firstAvailable = [] } of claim?.requests ?? []) {
    for (const request of [...exactly ? [exactly] : [], ...firstAvailable]) defaultRequest(request);
  }
}

function defaultRequest(request: Request): void {
  request.allocationMode ??= "ExactCount";
  if (request.allocationMode === "ExactCount") request.count ??= 1;
  defaultTolerations(request.tolerations);
}

function defaultTolerations(tolerations: DeviceToleration[] = []): void {
  for (const toleration of tolerations) toleration.operator ??= "Equal";
}

/** A device that is taken from the claim takes what was told of it along. */
function dropDeallocated({ status }: ResourceClaim, old: Readonly<ResourceClaim>): void {
  if (!status?.devices) return;
  const idsOf = (claim: Pick<ResourceClaim, "status">) =>
    new Set((claim.status?.allocation?.devices?.results ?? []).map((result) => JSON.stringify(deviceId(result))));
  const [before, now] = [idsOf(old), idsOf({ status })];
  const rest = status.devices.filter((device) => {
    const id = JSON.stringify(deviceId(device));
    return !before.has(id) || now.has(id);
  });
  if (rest.length > 0) status.devices = rest;
  else delete status.devices;
}
