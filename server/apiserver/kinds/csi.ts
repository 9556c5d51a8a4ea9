/** What drivers of CSI tell and are told: CSIDriver, CSINode, CSIStorageCapacity and VolumeAttachment. */
import { deepEqual } from "../../../api/meta/deep_equal.ts";
import { FieldError, type Path, root } from "../../../api/meta/field.ts";
import { checkDns1123Subdomain, checkQualifiedName } from "../../../api/meta/names.ts";
import type {
  CSIDriver,
  CSINode,
  CSINodeDriver,
  CSIStorageCapacity,
  VolumeAttachment,
  VolumeAttachmentSource,
  VolumeError,
} from "../../../api/types/storage_v1.ts";
import { goValue } from "../../../api/schema/go_value.ts";
import { checkText, labelSelectorAt, quantityAt, requireNotNegative, requireOneOf, requireText } from "./checks.ts";
import { warnOfNodeLabels } from "./deprecated_node_labels.ts";
import { validateInlineVolume } from "./persistent_volume_validation.ts";
import { specPath } from "./scheduling_validation.ts";
import type { Strategy } from "./strategy.ts";
import { defaultSource } from "./volume_defaults.ts";
import { requireDriverName } from "./volume_sources.ts";

const maxNodeId = 256;
const maxErrorMessage = 1024;
const maxAttachmentMetadata = 256 * 1024;
const leastTokenSeconds = 600;
const mostTokenSeconds = 2 ** 32;
const leastUpdatePeriod = 10;

const tokensInSecrets = "spec.serviceAccountTokenInSecrets is unset; if supported by this CSI driver, set to true to " +
  "prevent possible logging of tokens in volume attributes";

export const csiDriverStrategy: Strategy<CSIDriver> = {
  requiresResourceVersion: true,
  generationFields: ["spec"],
  defaults({ spec }) {
    spec.attachRequired ??= true;
    spec.podInfoOnMount ??= false;
    spec.storageCapacity ??= false;
    spec.fsGroupPolicy ??= "ReadWriteOnceWithFSType";
    spec.volumeLifecycleModes ??= ["Persistent"];
    spec.requiresRepublish ??= false;
    spec.seLinuxMount ??= false;
  },
  prepareForCreate({ metadata, spec }) {
    // Upstream counts changes from the first one on.
    delete metadata.generation;
    delete spec.preventPodSchedulingIfMissing;
  },
  prepareForUpdate({ spec }, { spec: before }) {
    if (before.preventPodSchedulingIfMissing === undefined) delete spec.preventPodSchedulingIfMissing;
  },
  warnings({ spec: { tokenRequests = [], serviceAccountTokenInSecrets } }, old) {
    const isNew = !old || !deepEqual(tokenRequests, old.spec.tokenRequests ?? []);
    return isNew && tokenRequests.length > 0 && serviceAccountTokenInSecrets === undefined ? [tokensInSecrets] : [];
  },
  validate({ spec }) {
    const errors: FieldError[] = [];
    const policies = ["File", "None", "ReadWriteOnceWithFSType"];
    requireOneOf(spec.fsGroupPolicy, specPath.child("fsGroupPolicy"), policies, errors);
    for (const mode of spec.volumeLifecycleModes ?? []) {
      requireOneOf(mode, specPath.child("volumeLifecycleModes"), ["Persistent", "Ephemeral"], errors);
    }
    validateTokenRequests(spec, errors);
    const period = spec.nodeAllocatableUpdatePeriodSeconds;
    if (period !== undefined && period < leastUpdatePeriod) {
      const detail = `must be greater than or equal to ${leastUpdatePeriod} seconds`;
      errors.push(FieldError.invalid(specPath.child("nodeAllocatableUpdatePeriodSeconds"), period, detail));
    }
    return errors;
  },
  validateUpdate: ({ spec }, { spec: before }) =>
    // Upstream's names of the fields, the first one's slip included.
    ([["attachRequired", "attachedRequired"], ["volumeLifecycleModes", "volumeLifecycleModes"]] as const)
      .filter(([field]) => !deepEqual(spec[field], before[field]))
      .map(([field, shown]) => FieldError.immutable(specPath.child(shown), spec[field])),
};

function validateTokenRequests(
  { tokenRequests = [], serviceAccountTokenInSecrets }: CSIDriver["spec"],
  errors: FieldError[],
): void {
  const audiences = new Set<string>();
  for (const [index, { audience = "", expirationSeconds: seconds }] of tokenRequests.entries()) {
    const at = specPath.child("tokenRequests").index(index);
    if (audiences.has(audience)) {
      errors.push(FieldError.duplicate(at.child("audience"), audience));
      continue;
    }
    audiences.add(audience);
    if (seconds === undefined) continue;
    const wrong = seconds < leastTokenSeconds ? "less than 10 minutes" : "larger than 2^32 seconds";
    if (seconds < leastTokenSeconds || seconds > mostTokenSeconds) {
      errors.push(FieldError.invalid(at.child("expirationSeconds"), seconds, `may not specify a duration ${wrong}`));
    }
  }
  if (serviceAccountTokenInSecrets !== undefined && tokenRequests.length === 0) {
    const detail = "serviceAccountTokenInSecrets is set but no tokenRequests are specified";
    errors.push(
      FieldError.invalid(specPath.child("serviceAccountTokenInSecrets"), serviceAccountTokenInSecrets, detail),
    );
  }
}

export const csiNodeStrategy: Strategy<CSINode> = {
  requiresResourceVersion: true,
  validate({ spec: { drivers = [] } }) {
    const errors: FieldError[] = [];
    const names = new Set<string>();
    for (const [index, driver] of drivers.entries()) {
      const at = specPath.child("drivers").index(index);
      validateNodeDriver(driver, at, errors);
      if (names.has(driver.name)) errors.push(FieldError.duplicate(at.child("name"), driver.name));
      names.add(driver.name);
    }
    return errors;
  },
  /** Drivers come and go; of one that stays, only how much it can take changes. */
  validateUpdate({ spec: { drivers = [] } }, { spec: { drivers: before = [] } }) {
    const fixed = ({ allocatable: _, ...rest }: CSINodeDriver) => rest;
    return drivers.flatMap((driver) => {
      const old = before.find(({ name }) => name === driver.name);
      return !old || deepEqual(fixed(driver), fixed(old)) ? [] : [
        FieldError.immutable(
          specPath.child("drivers"),
          goValue("io.k8s.api.storage.v1.CSINodeDriver", fixed(driver)),
        ),
      ];
    });
  },
};

function validateNodeDriver(driver: CSINodeDriver, path: Path, errors: FieldError[]): void {
  requireDriverName(driver.name, path.child("name"), errors);
  const at = path.child("nodeID");
  if (requireText(driver.nodeID, at, errors) && driver.nodeID.length > maxNodeId) {
    errors.push(FieldError.invalid(at, driver.nodeID, `must be ${maxNodeId} characters or less`));
  }
  requireNotNegative(driver.allocatable?.count, path.child("allocatable", "count"), errors);
  const keys = new Set<string>();
  for (const key of driver.topologyKeys ?? []) {
    requireText(key, path, errors);
    if (keys.has(key)) errors.push(FieldError.duplicate(path, key));
    keys.add(key);
    checkText(key, path, checkQualifiedName, errors);
  }
}

export const csiStorageCapacityStrategy: Strategy<CSIStorageCapacity> = {
  requiresResourceVersion: true,
  warnings: ({ nodeTopology }) => nodeTopology ? warnOfNodeLabels(nodeTopology, root("nodeTopology")) : [],
  validate({ nodeTopology, storageClassName = "", capacity }) {
    const errors: FieldError[] = [];
    labelSelectorAt(nodeTopology, root("nodeTopology"), errors);
    checkText(storageClassName, root("storageClassName"), checkDns1123Subdomain, errors);
    if (capacity !== undefined) {
      const quantity = quantityAt(capacity, root("capacity"), errors);
      if (quantity && quantity.sign() < 0) {
        errors.push(FieldError.invalid(root("capacity"), capacity, "must be greater than or equal to 0"));
      }
    }
    return errors;
  },
  validateUpdate({ nodeTopology, storageClassName }, old) {
    const errors: FieldError[] = [];
    if (!deepEqual(nodeTopology, old.nodeTopology)) {
      const shown = goValue("io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector", nodeTopology);
      errors.push(FieldError.immutable(root("nodeTopology"), shown));
    }
    if (storageClassName !== old.storageClassName) {
      errors.push(FieldError.immutable(root("storageClassName"), storageClassName));
    }
    return errors;
  },
};

export const volumeAttachmentStrategy: Strategy<VolumeAttachment> = {
  requiresResourceVersion: true,
  defaults({ spec: { source } }) {
    if (source?.inlineVolumeSpec) defaultSource(source.inlineVolumeSpec);
  },
  validate({ spec }) {
    const errors: FieldError[] = [];
    requireDriverName(spec.attacher, specPath.child("attacher"), errors);
    validateAttached(spec.source ?? {}, specPath.child("source"), errors);
    checkText(spec.nodeName ?? "", specPath.child("nodeName"), checkDns1123Subdomain, errors);
    return errors;
  },
  validateUpdate: ({ spec }, { spec: before }) =>
    deepEqual(spec, before)
      ? []
      : [FieldError.immutable(specPath, goValue("io.k8s.api.storage.v1.VolumeAttachmentSpec", spec))],
  validateStatusUpdate({ status }) {
    const errors: FieldError[] = [];
    const metadata = status?.attachmentMetadata ?? {};
    const size = Object.entries(metadata).reduce((sum, [key, value]) => sum + key.length + value.length, 0);
    const path = root("status");
    if (size > maxAttachmentMetadata) {
      errors.push(FieldError.tooLong(path.child("attachmentMetadata"), maxAttachmentMetadata));
    }
    for (const field of ["attachError", "detachError"] as const) {
      if (status?.[field]) validateError(status[field], path.child(field), errors);
    }
    return errors;
  },
};

/** What is attached: a PersistentVolume by its name, or a volume that is described here. */
function validateAttached(
  { persistentVolumeName: name, inlineVolumeSpec }: VolumeAttachmentSource,
  path: Path,
  errors: FieldError[],
): void {
  const exactlyOne = "must specify exactly one of inlineVolumeSpec and persistentVolumeName";
  if (name === undefined && !inlineVolumeSpec) errors.push(FieldError.required(path, exactlyOne));
  else if (name !== undefined && inlineVolumeSpec) errors.push(FieldError.forbidden(path, exactlyOne));
  else if (name === "") {
    errors.push(FieldError.required(path.child("persistentVolumeName"), "must specify non empty persistentVolumeName"));
  } else if (inlineVolumeSpec) validateInlineVolume(inlineVolumeSpec, path.child("inlineVolumeSpec"), errors);
  if (name !== undefined) checkText(name, path.child("persistentVolumeName"), checkDns1123Subdomain, errors);
}

function validateError({ message = "", errorCode }: VolumeError, path: Path, errors: FieldError[]): void {
  // The limit that upstream's message names is another one's.
  if (message.length > maxErrorMessage) errors.push(FieldError.tooLong(path.child("message"), maxAttachmentMetadata));
  if (errorCode !== undefined && errorCode < 0) {
    const detail = "must be between 0 and 2147483647, inclusive";
    errors.push(FieldError.invalid(path.child("errorCode"), errorCode, detail));
  }
}
