import { FieldError, root } from "../../../api/meta/field.ts";
import { checkQualifiedName } from "../../../api/meta/names.ts";
import type { PersistentVolumeClaim } from "../../../api/types/core_v1.ts";
import { quantityAt } from "./checks.ts";

const resizeStatuses = [
  "ControllerResizeInProgress",
  "ControllerResizeInfeasible",
  "NodeResizeInProgress",
  "NodeResizeInfeasible",
  "NodeResizePending",
];

/** What a volume has, and how far its growth has come. */
export function validateClaimStatus({ status = {} }: PersistentVolumeClaim): FieldError[] {
  const errors: FieldError[] = [];
  const { capacity = {}, allocatedResources = {}, allocatedResourceStatuses = {} } = status;
  for (const [name, text] of Object.entries(capacity)) requireAmount(text, "capacity", name, errors);
  for (const [name, value] of Object.entries(allocatedResourceStatuses)) {
    requireStorage(name, "allocatedResourceStatuses", errors);
    if (resizeStatuses.includes(value)) continue;
    // The key is shown, as upstream does.
    errors.push(FieldError.notSupported(root("status", "allocatedResourceStatuses"), name, resizeStatuses));
  }
  for (const [name, text] of Object.entries(allocatedResources)) {
    if (requireStorage(name, "allocatedResources", errors)) requireAmount(text, "allocatedResources", name, errors);
  }
  return errors;
}

function requireAmount(text: string, field: string, name: string, errors: FieldError[]): void {
  const path = root("status", field).key(name);
  const value = quantityAt(text, path, errors)?.value() ?? 0;
  if (value < 0) errors.push(FieldError.invalid(path, value, "must be a valid resource quantity"));
}

/** Of Kubernetes' own resources a volume has one. */
function requireStorage(name: string, field: string, errors: FieldError[]): boolean {
  const path = root("status", field);
  const problems = checkQualifiedName(name);
  for (const detail of problems) errors.push(FieldError.invalid(path, name, detail));
  if (problems.length > 0) return false;
  const isNative = !name.includes("/") || name.includes("kubernetes.io/");
  if (!isNative || name === "storage") return true;
  errors.push(FieldError.notSupported(path, name, ["storage"]));
  return false;
}
