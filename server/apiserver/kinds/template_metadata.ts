import { FieldError, type Path } from "../../../api/meta/field.ts";
import type { ObjectMeta } from "../../../api/types/meta_v1.ts";
import { validateAnnotations, validateLabels } from "../registry/metadata_validation.ts";

const allowed: ReadonlySet<string> = new Set(["annotations", "labels"]);

/** Metadata of an object that will be made by itself has labels and annotations, and nothing that the server decides. `path` is the template's. */
export function validateTemplateMetadata(metadata: ObjectMeta | undefined, path: Path, errors: FieldError[]): void {
  if (!metadata) return;
  const at = path.child("metadata");
  validateAnnotations(metadata.annotations, at.child("annotations"), errors);
  validateLabels(metadata.labels, at.child("labels"), errors);
  for (const field of Object.keys(metadata)) {
    // Upstream's spelling.
    if (!allowed.has(field)) {
      errors.push(FieldError.forbidden(at.child(field === "uid" ? "uID" : field), "cannot be set"));
    }
  }
}
