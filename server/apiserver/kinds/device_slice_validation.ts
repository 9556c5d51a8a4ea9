/** The devices that a driver has. */
import { deepEqual } from "../../../api/meta/deep_equal.ts";
import { FieldError, type Path } from "../../../api/meta/field.ts";
import {
  checkDns1123Label,
  checkDns1123Subdomain,
  checkLabelValue,
  checkQualifiedName,
} from "../../../api/meta/names.ts";
import { goValue } from "../../../api/schema/go_value.ts";
import type {
  Counter,
  Device,
  DeviceAttribute,
  DeviceTaint,
  ResourcePool,
  ResourceSliceSpec,
} from "../../../api/types/resource_v1.ts";
import { checkText, requireOneOf, requireText } from "./checks.ts";
import { checkBindingConditions, checkItems, checkSet, requireDeviceName, requireLabel } from "./device_checks.ts";
import { requirePoolName, taintEffects } from "./device_checks.ts";
import { checkRequestPolicy } from "./device_capacity_validation.ts";
import { validateNodeSelector } from "./scheduling_validation.ts";
import { requireDriverName } from "./volume_sources.ts";

const maxDevices = 128;
/** Of which some have taints or counters. */
const maxAdvancedDevices = 64;
const maxCounterSets = 8;
const maxCounters = 32;
const maxConsumedSets = 2;
const maxAttributes = 32;
const maxTaints = 16;
const maxText = 64;
/** Of a domain, a slash and an identifier. */
const maxKey = 96;
const number = "(0|[1-9]\\d*)";
const preRelease = "(0|[1-9]\\d*|\\d*[a-zA-Z-][0-9a-zA-Z-]*)";
const build = "[0-9a-zA-Z-]+";
const semver = new RegExp(
  `^${number}\\.${number}\\.${number}(-${preRelease}(\\.${preRelease})*)?(\\+${build}(\\.${build})*)?$`,
);

export function validateSlice(
  spec: ResourceSliceSpec,
  before: ResourceSliceSpec | undefined,
  path: Path,
  errors: FieldError[],
): void {
  requireDriverName(spec.driver, path.child("driver"), errors);
  checkPool(spec.pool ?? {} as ResourcePool, path.child("pool"), errors);
  if (before) checkUnchanged(spec, before, path, errors);
  checkNodes(spec, path, errors);
  if (spec.sharedCounters && spec.devices) {
    errors.push(FieldError.invalid(path, "", "only one of `sharedCounters` or `devices` is allowed"));
  }
  const isAdvanced = spec.devices?.some(({ taints, consumesCounters }) => taints || consumesCounters);
  const check = (device: Device, at: Path) => {
    const old = before?.devices?.find(({ name }) => name === device.name);
    checkDevice(device, old, spec.perDeviceNodeSelection ?? false, at, errors);
  };
  const limit = isAdvanced ? maxAdvancedDevices : maxDevices;
  checkSet(spec.devices, limit, path.child("devices"), errors, check, ({ name = "" }) => name);
  checkSet(spec.sharedCounters, maxCounterSets, path.child("sharedCounters"), errors, ({ name, counters }, at) => {
    if (requireText(name, at.child("name"), errors)) requireLabel(name, at.child("name"), errors);
    checkCounters(counters, at.child("counters"), errors);
  }, ({ name = "" }) => name);
}

function checkPool(
  { name, resourceSliceCount = 0, generation = 0 }: ResourcePool,
  path: Path,
  errors: FieldError[],
): void {
  requirePoolName(name, path.child("name"), errors);
  if (resourceSliceCount <= 0) {
    errors.push(FieldError.invalid(path.child("resourceSliceCount"), resourceSliceCount, "must be greater than zero"));
  }
  if (generation < 0) {
    errors.push(
      FieldError.invalid(path.child("generation"), generation, "must be greater than or equal to zero"),
    );
  }
}

function checkUnchanged(spec: ResourceSliceSpec, before: ResourceSliceSpec, path: Path, errors: FieldError[]): void {
  if (spec.pool?.name !== before.pool?.name) {
    errors.push(FieldError.immutable(path.child("pool", "name"), spec.pool?.name ?? ""));
  }
  if (spec.driver !== before.driver) errors.push(FieldError.immutable(path.child("driver"), spec.driver ?? ""));
  if (spec.nodeName !== before.nodeName) {
    errors.push(FieldError.immutable(path.child("nodeName"), spec.nodeName ?? null));
  }
}

/** On which nodes the devices are: one of four fields says it. */
function checkNodes(spec: ResourceSliceSpec, path: Path, errors: FieldError[]): void {
  const set: string[] = [];
  if (spec.nodeName === "") {
    const detail = "must be either unset or set to a non-empty string";
    errors.push(FieldError.invalid(path.child("nodeName"), "", detail));
  } else if (spec.nodeName !== undefined) {
    set.push("`nodeName`");
    checkText(spec.nodeName, path.child("nodeName"), checkDns1123Subdomain, errors);
  }
  if (spec.nodeSelector) {
    set.push("`nodeSelector`");
    const at = path.child("nodeSelector");
    validateNodeSelector(spec.nodeSelector, at, errors);
    const { nodeSelectorTerms: terms = [] } = spec.nodeSelector;
    if (terms.length !== 1) {
      const { NodeSelectorTerms: shown } = goValue("io.k8s.api.core.v1.NodeSelector", spec.nodeSelector) as {
        NodeSelectorTerms: unknown;
      };
      errors.push(FieldError.invalid(at.child("nodeSelectorTerms"), shown, "must have exactly one node selector term"));
    }
  }
  if (requireTrue(spec.allNodes, path.child("allNodes"), errors)) set.push("`allNodes`");
  if (requireTrue(spec.perDeviceNodeSelection, path.child("perDeviceNodeSelection"), errors)) {
    set.push("`perDeviceNodeSelection`");
  }
  const one = "exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required";
  if (set.length === 0) errors.push(FieldError.required(path, one));
  else if (set.length > 1) {
    errors.push(FieldError.invalid(path, `{${set.join(", ")}}`, `${one}, but multiple fields are set`));
  }
}

/** False is no value. */
function requireTrue(value: boolean | undefined, path: Path, errors: FieldError[]): boolean {
  if (value === false) errors.push(FieldError.invalid(path, false, "must be either unset or set to true"));
  return value === true;
}

function checkDevice(
  device: Device,
  old: Device | undefined,
  selectsNodes: boolean,
  path: Path,
  errors: FieldError[],
): void {
  requireLabel(device.name, path.child("name"), errors);
  const { attributes = {}, capacity = {}, taints } = device;
  const count = Object.keys(attributes).length + Object.keys(capacity).length;
  if (count > maxAttributes) {
    const detail = `the total number of attributes and capacities must not exceed ${maxAttributes}`;
    errors.push(FieldError.invalid(path, count, detail));
  }
  for (const [key, attribute] of Object.entries(attributes)) {
    requireDeviceName(key, path.child("attributes"), errors);
    checkAttribute(attribute, path.child("attributes").key(shortened(key, maxKey)), errors);
  }
  for (const [key, { value, requestPolicy }] of Object.entries(capacity)) {
    requireDeviceName(key, path.child("capacity"), errors);
    const at = path.child("capacity").key(shortened(key, maxKey)).child("requestPolicy");
    if (!requestPolicy) continue;
    if (device.allowMultipleAllocations) checkRequestPolicy(requestPolicy, value ?? "0", at, errors);
    else errors.push(FieldError.forbidden(at, "allowMultipleAllocations must be true"));
  }
  if (!old || !deepEqual(old.taints, taints)) {
    checkItems(taints, maxTaints, path.child("taints"), errors, checkTaint);
  }
  checkSet(
    device.consumesCounters,
    maxConsumedSets,
    path.child("consumesCounters"),
    errors,
    ({ counterSet, counters }, at) => {
      if (requireText(counterSet, at.child("counterSet"), errors)) {
        requireLabel(counterSet, at.child("counterSet"), errors);
      }
      checkCounters(counters, at.child("counters"), errors);
    },
    ({ counterSet = "" }) => counterSet,
  );
  checkDeviceNodes(device, selectsNodes, path, errors);
  checkBindingConditions(device, path, errors);
}

/** On which nodes one device is, when the slice leaves that to each. */
function checkDeviceNodes(device: Device, selectsNodes: boolean, path: Path, errors: FieldError[]): void {
  const { nodeName, nodeSelector, allNodes } = device;
  const perDevice = "`perDeviceNodeSelection` is set to true in the ResourceSlice spec";
  if (!selectsNodes) {
    if (nodeName === undefined && !nodeSelector && allNodes === undefined) return;
    const detail = `\`nodeName\`, \`nodeSelector\` and \`allNodes\` can only be set if ${perDevice}`;
    errors.push(FieldError.invalid(path, null, detail));
    return;
  }
  const set: string[] = [];
  if (nodeName === "") errors.push(FieldError.invalid(path.child("nodeName"), "", "must not be empty"));
  else if (nodeName !== undefined) {
    set.push("`nodeName`");
    checkText(nodeName, path.child("nodeName"), checkDns1123Subdomain, errors);
  }
  if (nodeSelector) {
    set.push("`nodeSelector`");
    validateNodeSelector(nodeSelector, path.child("nodeSelector"), errors);
  }
  if (requireTrue(allNodes, path.child("allNodes"), errors)) set.push("`allNodes`");
  const detail = `exactly one of \`nodeName\`, \`nodeSelector\`, or \`allNodes\` is required when ${perDevice}`;
  if (set.length === 0) errors.push(FieldError.required(path, detail));
  else if (set.length > 1) errors.push(FieldError.invalid(path, `{${set.join(", ")}}`, detail));
}

function checkAttribute(attribute: DeviceAttribute, path: Path, errors: FieldError[]): void {
  const { string: text, version } = attribute;
  if (text !== undefined && text.length > maxText) errors.push(FieldError.tooLong(path.child("string"), maxText));
  if (version !== undefined) {
    const at = path.child("version");
    if (!semver.test(version)) {
      errors.push(FieldError.invalid(at, version, "must be a string compatible with semver.org spec 2.0.0"));
    }
    if (version.length > maxText) errors.push(FieldError.tooLong(at, maxText));
  }
  const count = Object.keys(attribute).length;
  if (count === 1) return;
  const shown = count === 0 ? "" : goValue("io.k8s.api.resource.v1.DeviceAttribute", attribute);
  errors.push(FieldError.invalid(path, shown, "exactly one value must be specified"));
}

function checkTaint({ key = "", value, effect }: DeviceTaint, path: Path, errors: FieldError[]): void {
  checkText(key, path.child("key"), checkQualifiedName, errors);
  if (value) checkText(value, path.child("value"), checkLabelValue, errors);
  if (requireText(effect, path.child("effect"), errors)) {
    requireOneOf(effect, path.child("effect"), taintEffects, errors);
  }
}

function checkCounters(
  counters: Readonly<Record<string, Counter>> | undefined,
  path: Path,
  errors: FieldError[],
): void {
  const names = Object.keys(counters ?? {});
  if (names.length === 0) errors.push(FieldError.required(path));
  else if (names.length > maxCounters) errors.push(FieldError.tooMany(path, names.length, maxCounters));
  else for (const name of names) checkText(name, path, checkDns1123Label, errors);
}

/** With dots in its middle, when it is longer than `limit`. */
function shortened(key: string, limit: number): string {
  if (key.length <= limit) return key;
  const rest = limit - 3;
  return `${key.slice(0, Math.floor((rest + 1) / 2))}...${key.slice(-Math.floor(rest / 2))}`;
}
