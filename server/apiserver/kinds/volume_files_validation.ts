/** Files that a volume is made of: keys of a ConfigMap or Secret, and what the Pod tells of itself. */
import { FieldError, type Path } from "../../../api/meta/field.ts";
import type { DownwardAPIVolumeFile, KeyToPath } from "../../../api/types/core_v1.ts";
import { requireText } from "./checks.ts";
import { validateFieldRef, validateResourceField } from "./downward_fields.ts";
import { validateFilePath } from "./local_path.ts";

const maxMode = 0o777;
/** Fields of the Pod that do not change while it runs, or whose change a file can show. */
const fileFields = [
  "metadata.annotations",
  "metadata.labels",
  "metadata.name",
  "metadata.namespace",
  "metadata.uid",
];

export function validateMode(mode: number | undefined, path: Path, errors: FieldError[]): void {
  if (mode !== undefined && (mode < 0 || mode > maxMode)) {
    errors.push(FieldError.invalid(path, mode, "must be a number between 0 and 0777 (octal), both inclusive"));
  }
}

export function validateItems(items: readonly KeyToPath[] = [], path: Path, errors: FieldError[]): void {
  for (const [index, { key, path: file, mode }] of items.entries()) {
    const at = path.index(index);
    requireText(key, at.child("key"), errors);
    if (requireText(file, at.child("path"), errors)) validateFilePath(file, at.child("path"), errors);
    validateMode(mode, at.child("mode"), errors);
  }
}

/** The path is the list's holder's, as upstream's. */
export function validateDownwardFiles(
  items: readonly DownwardAPIVolumeFile[] = [],
  path: Path,
  errors: FieldError[],
): void {
  for (const { path: file, fieldRef, resourceFieldRef, mode } of items) {
    if (requireText(file, path.child("path"), errors)) validateFilePath(file, path.child("path"), errors);
    if (fieldRef) {
      validateFieldRef(fieldRef, fileFields, path.child("fieldRef"), errors);
      if (resourceFieldRef) {
        const detail = "fieldRef and resourceFieldRef can not be specified simultaneously";
        errors.push(FieldError.invalid(path, "resource", detail));
      }
    } else if (resourceFieldRef) {
      validateResourceField(resourceFieldRef, path.child("resourceFieldRef"), true, errors);
    } else errors.push(FieldError.required(path, "one of fieldRef and resourceFieldRef is required"));
    validateMode(mode, path.child("mode"), errors);
  }
}
