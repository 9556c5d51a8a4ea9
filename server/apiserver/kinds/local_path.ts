import { FieldError, type Path } from "../../../api/meta/field.ts";
import { requireNoBacksteps } from "./volume_sources.ts";

/** A path below a directory, that never leaves it. */
export function validateLocalPath(text: string, path: Path, errors: FieldError[]): void {
  if (text.startsWith("/")) errors.push(FieldError.invalid(path, text, "must be a relative path"));
  requireNoBacksteps(text, path, errors);
}

/** The same of a file in a volume, where names that begin with two dots are the node agent's own. */
export function validateFilePath(text: string, path: Path, errors: FieldError[]): void {
  validateLocalPath(text, path, errors);
  if (text.startsWith("..") && !text.startsWith("../")) {
    errors.push(FieldError.invalid(path, text, "must not start with '..'"));
  }
}
