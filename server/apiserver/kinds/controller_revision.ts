import { deepEqual } from "../../../api/meta/deep_equal.ts";
import { FieldError, root } from "../../../api/meta/field.ts";
import type { ControllerRevision } from "../../../api/types/apps_v1.ts";
import { requireNotNegative } from "./checks.ts";
import type { Strategy } from "./strategy.ts";

const path = root("data");

/** What a controller's template was once: it may be numbered anew, and is otherwise as it was written. */
export const controllerRevisionStrategy: Strategy<ControllerRevision> = {
  validate({ revision }) {
    const errors: FieldError[] = [];
    requireNotNegative(revision, root("revision"), errors);
    return errors;
  },
  validateCreate({ data }) {
    if (data === undefined || data === null) return [FieldError.required(path, "data is mandatory")];
    const isObject = typeof data === "object" && !Array.isArray(data);
    return isObject ? [] : [FieldError.required(path, "data must be a valid JSON object")];
  },
  validateUpdate: ({ data }, old) => deepEqual(data, old.data) ? [] : [FieldError.immutable(path, data ?? null)],
};
