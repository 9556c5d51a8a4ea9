import { FieldError, type Path } from "../../../api/meta/field.ts";

/** A path below a directory, that never leaves it. */
export function validateLocalPath(text: string, path: Path, errors: FieldError[]): void {
  if (text.startsWith("/")) errors.push(FieldError.invalid(path, text, "must be a relative path"));
  if (text.split("/").includes("..")) errors.push(FieldError.invalid(path, text, "must not contain '..'"));
}
