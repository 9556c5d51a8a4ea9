/** Fields of a Pod, and resources of its containers, that variables and files can show. */
import { FieldError, type Path } from "../../../api/meta/field.ts";
import { checkQualifiedName } from "../../../api/meta/names.ts";
import { canonicalQuantity } from "../../../api/meta/quantity.ts";
import type { ObjectFieldSelector, ResourceFieldSelector } from "../../../api/types/core_v1.ts";
import { checkText, quantityAt, requireText } from "./checks.ts";

/** All that can be named at all; each place has some of them. */
const knownFields: ReadonlySet<string> = new Set([
  "metadata.annotations",
  "metadata.labels",
  "metadata.name",
  "metadata.namespace",
  "metadata.uid",
  "spec.nodeName",
  "spec.restartPolicy",
  "spec.serviceAccountName",
  "spec.schedulerName",
  "status.phase",
  "status.hostIP",
  "status.hostIPs",
  "status.podIP",
  "status.podIPs",
]);
const resources = [
  "limits.cpu",
  "limits.ephemeral-storage",
  "limits.memory",
  "requests.cpu",
  "requests.ephemeral-storage",
  "requests.memory",
];
const hugePages = /^(requests|limits)\.hugepages-/;
const ofBytes = ["1", ..."kMGTPE", ..."KMGTPE"].map((unit, index) =>
  index === 0 ? unit : `1${unit}${index > 6 ? "i" : ""}`
);
/** By what stands behind `limits.`: which divisors there are, and what the resource is called. */
const divisors: Readonly<Record<string, readonly [readonly string[], string]>> = {
  cpu: [["1m", "1"], "values 1m and 1 are supported with the cpu resource"],
  memory: [ofBytes, bytesText("memory")],
  "ephemeral-storage": [ofBytes, bytesText("local ephemeral storage")],
  hugepages: [ofBytes, bytesText("hugepages")],
};

function bytesText(resource: string): string {
  return `values ${ofBytes.join(", ")} are supported with the ${resource} resource`;
}

/** `supported`, in alphabetical order, are the fields that can be shown here. */
export function validateFieldRef(
  { apiVersion, fieldPath }: ObjectFieldSelector,
  supported: readonly string[],
  path: Path,
  errors: FieldError[],
): void {
  const at = path.child("fieldPath");
  if (!requireText(apiVersion, path.child("apiVersion"), errors) || !requireText(fieldPath, at, errors)) return;
  const [, base, key = ""] = /^(.*?)\['(.*)'\]$/s.exec(fieldPath) ?? [];
  const trouble = apiVersion !== "v1"
    ? `unsupported pod version: ${apiVersion}`
    : base !== undefined
    ? base === "metadata.labels" || base === "metadata.annotations"
      ? undefined
      : `field label does not support subscript: ${fieldPath}`
    : knownFields.has(nameOf(fieldPath))
    ? undefined
    : `field label not supported: ${fieldPath}`;
  if (trouble) errors.push(FieldError.invalid(at, fieldPath, `error converting fieldPath: ${trouble}`));
  else if (base !== undefined) {
    checkText(base === "metadata.annotations" ? key.toLowerCase() : key, path, checkQualifiedName, errors);
  } else if (!supported.includes(nameOf(fieldPath))) {
    errors.push(FieldError.notSupported(at, nameOf(fieldPath), supported));
  }
}

/** An older name of the field still counts. */
function nameOf(fieldPath: string): string {
  return fieldPath === "spec.host" ? "spec.nodeName" : fieldPath;
}

/** A file has to say whose resource it shows, a variable shows its own container's. */
export function validateResourceField(
  { containerName, resource = "", divisor }: ResourceFieldSelector,
  path: Path,
  isInFile: boolean,
  errors: FieldError[],
): void {
  if (isInFile && !containerName) errors.push(FieldError.required(path.child("containerName")));
  else if (
    requireText(resource, path.child("resource"), errors) && !resources.includes(resource) && !hugePages.test(resource)
  ) errors.push(FieldError.notSupported(path.child("resource"), resource, resources));
  if (divisor !== undefined) validateDivisor(resource, divisor, path.child("divisor"), errors);
}

function validateDivisor(resource: string, divisor: string, path: Path, errors: FieldError[]): void {
  const quantity = quantityAt(divisor, path, errors);
  if (!quantity || quantity.sign() === 0) return;
  const known = hugePages.test(resource) ? "hugepages" : /^(?:limits|requests)\.(.*)$/s.exec(resource)?.[1] ?? "";
  const [values, text] = (Object.hasOwn(divisors, known) ? divisors[known] : undefined) ?? [];
  if (values && !values.includes(canonicalQuantity(divisor))) {
    errors.push(FieldError.invalid(path, resource, `only divisor's ${text}`));
  }
}
