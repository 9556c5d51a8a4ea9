/** StorageClass and the kinds of CSI. */
import { deepEqual } from "../../../api/meta/deep_equal.ts";
import { FieldError, root } from "../../../api/meta/field.ts";
import type { CSIDriver, StorageClass } from "../../../api/types/storage_v1.ts";
import { requireOneOf, requireText } from "./checks.ts";
import { specPath } from "./scheduling_validation.ts";
import type { Strategy } from "./strategy.ts";

export const storageClassStrategy: Strategy<StorageClass> = {
  defaults(storageClass) {
    storageClass.reclaimPolicy ??= "Delete";
    storageClass.volumeBindingMode ??= "Immediate";
  },
  validate({ provisioner, reclaimPolicy, volumeBindingMode }) {
    const errors: FieldError[] = [];
    requireText(provisioner, root("provisioner"), errors);
    requireOneOf(reclaimPolicy, root("reclaimPolicy"), ["Delete", "Retain"], errors);
    requireOneOf(volumeBindingMode, root("volumeBindingMode"), ["Immediate", "WaitForFirstConsumer"], errors);
    return errors;
  },
  validateUpdate(storageClass, old) {
    return (["parameters", "provisioner", "reclaimPolicy", "volumeBindingMode"] as const)
      .filter((field) => !deepEqual(storageClass[field], old[field]))
      .map((field) => FieldError.forbidden(root(field), `updates to ${field} are forbidden.`));
  },
};

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
  validate({ spec }) {
    const errors: FieldError[] = [];
    const policies = ["ReadWriteOnceWithFSType", "File", "None"];
    requireOneOf(spec.fsGroupPolicy, specPath.child("fsGroupPolicy"), policies, errors);
    for (const mode of spec.volumeLifecycleModes ?? []) {
      requireOneOf(mode, specPath.child("volumeLifecycleModes"), ["Persistent", "Ephemeral"], errors);
    }
    return errors;
  },
};
