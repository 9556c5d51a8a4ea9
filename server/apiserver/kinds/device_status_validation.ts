/** What a ResourceClaim was given, and to whom. */
import { deepEqual } from "../../../api/meta/deep_equal.ts";
import { FieldError, type Path, root } from "../../../api/meta/field.ts";
import { goValue } from "../../../api/schema/go_value.ts";
import type {
  AllocatedDeviceStatus,
  AllocationResult,
  DeviceAllocationConfiguration,
  DeviceRequestAllocationResult,
  NetworkDeviceData,
  ResourceClaim,
  ResourceClaimConsumerReference,
} from "../../../api/types/resource_v1.ts";
import { checkInterfaceAddress } from "./addresses.ts";
import { checkText, requireOneOf, requireText } from "./checks.ts";
import { validateConditions } from "./conditions_validation.ts";
import {
  checkBindingConditions,
  checkConfiguration,
  checkItems,
  checkSet,
  requireLabel,
  requireObject,
  requirePoolName,
} from "./device_checks.ts";
import {
  checkRequestNames,
  maxConfigurations,
  maxRequests,
  type RequestNames,
  requestNames,
  requireRequestName,
} from "./device_claim_validation.ts";
import { validateNodeSelector } from "./scheduling_validation.ts";
import { requireDriverName } from "./volume_sources.ts";

const maxConsumers = 256;
const maxConditions = 8;
const maxIPs = 16;
const maxInterfaceName = 256;
const maxHardwareAddress = 128;
const statusPath = root("status");
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Which device, or share of one, it is; upstream's names. */
interface DeviceId {
  readonly Driver: string;
  readonly Pool: string;
  readonly Device: string;
  readonly ShareID: string;
}

type Identified = Pick<DeviceRequestAllocationResult, "driver" | "pool" | "device" | "shareID">;

export function deviceId({ driver = "", pool = "", device = "", shareID = "" }: Identified): DeviceId {
  return { Driver: driver, Pool: pool, Device: device, ShareID: shareID };
}

export function validateClaimStatus(claim: Readonly<ResourceClaim>, old: Readonly<ResourceClaim>): FieldError[] {
  const errors: FieldError[] = [];
  const { allocation, reservedFor = [], devices } = claim.status ?? {};
  checkSet(reservedFor, maxConsumers, statusPath.child("reservedFor"), errors, checkConsumer, ({ uid = "" }) => uid);
  const allocated = new Set((allocation?.devices?.results ?? []).map((result) => JSON.stringify(deviceId(result))));
  const check = (device: AllocatedDeviceStatus, path: Path) => checkDevice(device, allocated, path, errors);
  checkSet(devices, Infinity, statusPath.child("devices"), errors, check, deviceId);
  checkReserved(claim, old, statusPath.child("reservedFor"), errors);
  const before = old.status?.allocation;
  const at = statusPath.child("allocation");
  if (allocation && before) {
    if (!deepEqual(allocation, before)) {
      errors.push(FieldError.immutable(at, goValue("io.k8s.api.resource.v1.AllocationResult", allocation)));
    }
  } else if (allocation) checkAllocation(allocation, requestNames(claim.spec.devices ?? {}), at, errors);
  return errors;
}

function checkConsumer(
  { resource, name, uid }: ResourceClaimConsumerReference,
  path: Path,
  errors: FieldError[],
): void {
  requireText(resource, path.child("resource"), errors);
  requireText(name, path.child("name"), errors);
  requireText(uid, path.child("uid"), errors);
}

/** Only what is allocated is reserved, and a claim that goes finds no new consumers. */
function checkReserved(claim: ResourceClaim, old: ResourceClaim, path: Path, errors: FieldError[]): void {
  const { allocation, reservedFor = [] } = claim.status ?? {};
  if (reservedFor.length === 0) return;
  if (!allocation) {
    errors.push(FieldError.forbidden(path, "may not be specified when `allocated` is not set"));
  } else if (claim.metadata.deletionTimestamp) {
    const before = old.status?.reservedFor ?? [];
    if (reservedFor.every((consumer) => before.some((other) => deepEqual(other, consumer)))) return;
    const detail = "new entries may not be added while `deallocationRequested` or `deletionTimestamp` are set";
    errors.push(FieldError.forbidden(path, detail));
  }
}

function checkAllocation(allocation: AllocationResult, names: RequestNames, path: Path, errors: FieldError[]): void {
  const at = path.child("devices");
  const { results, config } = allocation.devices ?? {};
  const checkResult = (result: DeviceRequestAllocationResult, path: Path) => {
    requireRequestName(result.request ?? "", names, path.child("request"), errors);
    requireDriverName(result.driver, path.child("driver"), errors);
    requirePoolName(result.pool, path.child("pool"), errors);
    requireLabel(result.device, path.child("device"), errors);
    checkBindingConditions(result, path, errors);
    if (result.shareID !== undefined) requireUuid(result.shareID, path.child("shareID"), errors);
  };
  const checkConfig = (configuration: DeviceAllocationConfiguration, path: Path) => {
    if (requireText(configuration.source, path.child("source"), errors)) {
      requireOneOf(configuration.source, path.child("source"), ["FromClaim", "FromClass"], errors);
    }
    checkRequestNames(configuration.requests, names, path, errors);
    checkConfiguration(configuration, path, errors);
  };
  checkItems(results, maxRequests, at.child("results"), errors, checkResult);
  // The class's and the claim's.
  checkItems(config, 2 * maxConfigurations, at.child("config"), errors, checkConfig);
  if (allocation.nodeSelector) validateNodeSelector(allocation.nodeSelector, path.child("nodeSelector"), errors);
}

function checkDevice(
  device: AllocatedDeviceStatus,
  allocated: ReadonlySet<string>,
  path: Path,
  errors: FieldError[],
): void {
  const { conditions = [], data, networkData } = device;
  requireDriverName(device.driver, path.child("driver"), errors);
  requirePoolName(device.pool, path.child("pool"), errors);
  requireLabel(device.device, path.child("device"), errors);
  if (device.shareID !== undefined) requireUuid(device.shareID, path.child("shareID"), errors);
  const id = deviceId(device);
  if (!allocated.has(JSON.stringify(id))) {
    errors.push(FieldError.invalid(path, id, "must be an allocated device in the claim"));
  }
  if (conditions.length > maxConditions) {
    errors.push(FieldError.tooMany(path.child("conditions"), conditions.length, maxConditions));
  }
  validateConditions(conditions, path.child("conditions"), errors);
  if (data !== undefined) requireObject(data, path.child("data"), errors);
  if (networkData) checkNetwork(networkData, path.child("networkData"), errors);
}

function checkNetwork(
  { interfaceName = "", hardwareAddress = "", ips }: NetworkDeviceData,
  path: Path,
  errors: FieldError[],
): void {
  if (interfaceName.length > maxInterfaceName) {
    errors.push(FieldError.tooLong(path.child("interfaceName"), maxInterfaceName));
  }
  if (hardwareAddress.length > maxHardwareAddress) {
    errors.push(FieldError.tooLong(path.child("hardwareAddress"), maxHardwareAddress));
  }
  const check = (address: string, at: Path) => checkText(address, at, checkInterfaceAddress, errors);
  checkSet(ips, maxIPs, path.child("ips"), errors, check, (address) => address);
}

/** In the one form of the several that upstream reads. */
function requireUuid(text: string, path: Path, errors: FieldError[]): void {
  const bare = text.replace(/^urn:uuid:/i, "").replace(/^\{(.*)\}$/, "$1");
  const isUuid = uuid.test(bare) || /^[0-9a-f]{32}$/i.test(text);
  if (!isUuid) {
    const wrong = [32, 36, 38, 45].includes(text.length)
      ? "invalid UUID format"
      : `invalid UUID length: ${text.length}`;
    errors.push(FieldError.invalid(path, text, `error validating uid: ${wrong}`));
  } else if (text.length !== 36 || text !== text.toLowerCase()) {
    const form = "`xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx` with lowercase hexadecimal characters";
    errors.push(FieldError.invalid(path, text, `uid must be in RFC 4122 normalized form, ${form}`));
  }
}
