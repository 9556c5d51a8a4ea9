import { FieldError, type Path } from "../../../api/meta/field.ts";
import type {
  KeyToPath,
  ProjectedVolumeSource,
  ServiceAccountTokenProjection,
  VolumeProjection,
} from "../../../api/types/core_v1.ts";
import { requireText } from "./checks.ts";
import { validateFilePath } from "./local_path.ts";
import { validateDownwardFiles, validateItems, validateMode } from "./volume_files_validation.ts";

const minTokenSeconds = 600;
const maxTokenSeconds = 2 ** 32;

/** Several sources whose files make one volume. What is wrong between them, and with a token's path, is told of the volume. */
export function validateProjected(
  { sources = [], defaultMode }: ProjectedVolumeSource,
  path: Path,
  errors: FieldError[],
): void {
  validateMode(defaultMode, path.child("defaultMode"), errors);
  const taken = new Set<string>();
  for (const [index, source] of sources.entries()) validateSource(source, path.child("sources").index(index), path);

  function validateSource(source: VolumeProjection, at: Path, path: Path): void {
    const { secret, configMap, downwardAPI, serviceAccountToken } = source;
    if (secret) validateKeys(secret, at.child("secret"));
    if (configMap) validateKeys(configMap, at.child("configMap"));
    if (downwardAPI) {
      validateDownwardFiles(downwardAPI.items, at.child("downwardAPI"), errors);
      for (const { path: file } of downwardAPI.items ?? []) take(file, file);
    }
    if (serviceAccountToken) validateToken(serviceAccountToken, at.child("serviceAccountToken"), path, errors);
    if ([secret, configMap, downwardAPI, serviceAccountToken].filter(Boolean).length > 1) {
      errors.push(FieldError.forbidden(at, "may not specify more than 1 volume type per source"));
    }
  }

  function validateKeys({ name, items = [] }: { name?: string; items?: readonly KeyToPath[] }, at: Path): void {
    requireText(name, at.child("name"), errors);
    validateItems(items, at.child("items"), errors);
    for (const { path: file } of items) take(file, name);
  }

  /** `source` is what a second file of the same path comes from. */
  function take(file: string | undefined, source: string | undefined): void {
    if (!file) return;
    if (taken.has(file)) errors.push(FieldError.invalid(path, source ?? "", "conflicting duplicate paths"));
    taken.add(file);
  }
}

function validateToken(
  { path: file, expirationSeconds: seconds }: ServiceAccountTokenProjection,
  path: Path,
  volume: Path,
  errors: FieldError[],
): void {
  const wrong = seconds === undefined
    ? undefined
    : seconds < minTokenSeconds
    ? "less than 10 minutes"
    : seconds > maxTokenSeconds
    ? "larger than 2^32 seconds"
    : undefined;
  if (wrong) {
    const detail = `may not specify a duration ${wrong}`;
    errors.push(FieldError.invalid(path.child("expirationSeconds"), seconds, detail));
  }
  if (requireText(file, volume.child("path"), errors)) validateFilePath(file, volume.child("path"), errors);
}
