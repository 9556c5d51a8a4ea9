import { FieldError, root } from "../../api/meta/field.ts";
import { invalid } from "../../api/status.ts";
import type { DeleteOptions } from "./contract.ts";

const propagationPolicies = ["Foreground", "Background", "Orphan"];

/** The options as a body or a query gives them, before their values are known to be allowed. */
export interface GivenDeleteOptions {
  readonly dryRun?: readonly string[];
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: string;
  readonly orphanDependents?: boolean;
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
}

/** The options, if their values are allowed; 422 otherwise. */
export function deleteOptions(given: GivenDeleteOptions): DeleteOptions {
  const errors: FieldError[] = [];
  const { orphanDependents } = given;
  let policy = given.propagationPolicy;
  if (policy === undefined) {
    // The older form of the same wish.
    if (orphanDependents !== undefined) policy = orphanDependents ? "Orphan" : "Background";
  } else {
    if (orphanDependents !== undefined) {
      const detail = "orphanDependents and deletionPropagation cannot be both set";
      errors.push(FieldError.invalid(root("propagationPolicy"), policy, detail));
    }
    if (!propagationPolicies.includes(policy)) {
      errors.push(FieldError.notSupported(root("propagationPolicy"), policy, [...propagationPolicies, "nil"]));
    }
  }
  const dryRun = dryRunOf(given.dryRun ?? [], errors);
  if (errors.length > 0) throw invalid({ group: "meta.k8s.io", kind: "DeleteOptions" }, "", errors);
  return {
    dryRun,
    // A negative period means one second, as upstream reads it.
    ...(given.gracePeriodSeconds === undefined
      ? {}
      : { gracePeriodSeconds: given.gracePeriodSeconds < 0 ? 1 : given.gracePeriodSeconds }),
    ...(policy === undefined ? {} : { propagationPolicy: policy as NonNullable<DeleteOptions["propagationPolicy"]> }),
    ...(given.preconditions === undefined ? {} : { preconditions: given.preconditions }),
  };
}

/** Whether a dry run is asked for. */
export function dryRunOf(values: readonly string[], errors: FieldError[]): boolean {
  if (values.some((value) => value !== "All")) errors.push(FieldError.notSupported(root("dryRun"), values, ["All"]));
  return values.length > 0;
}
