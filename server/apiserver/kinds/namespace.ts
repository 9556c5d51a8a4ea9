import { FieldError, type Path, root } from "../../../api/meta/field.ts";
import { checkDns1123Label, checkQualifiedName } from "../../../api/meta/names.ts";
import type { Namespace } from "../../../api/types/core_v1.ts";
import { checkText } from "./checks.ts";
import type { Strategy } from "./strategy.ts";

const finalizer = "kubernetes";
const standardFinalizers: readonly string[] = [finalizer, "foregroundDeletion", "orphan"];
const nameLabel = "kubernetes.io/metadata.name";

export const finalizersPath = root("spec", "finalizers");

export const namespaceStrategy: Strategy<Namespace> = {
  checkName: checkDns1123Label,
  defaults({ metadata }) {
    if (metadata.name) metadata.labels = { ...metadata.labels, [nameLabel]: metadata.name };
  },
  prepareForCreate(namespace) {
    namespace.status = { phase: "Active" };
    const finalizers = namespace.spec.finalizers ?? [];
    if (!finalizers.includes(finalizer)) namespace.spec = { finalizers: [...finalizers, finalizer] };
  },
  complete(namespace) {
    // A generated name was not there yet when the defaults were.
    this.defaults!(namespace);
  },
  validateCreate({ spec }) {
    return (spec.finalizers ?? []).flatMap((name) => validateNamespaceFinalizer(name, finalizersPath));
  },
  validateStatusUpdate({ metadata, status }) {
    const [phase, condition] = metadata.deletionTimestamp === undefined
      ? ["Active", "`deletionTimestamp` is empty"]
      : ["Terminating", "`deletionTimestamp` is not empty"];
    if (status?.phase === phase) return [];
    const detail = `may only be '${phase}' if ${condition}`;
    return [FieldError.invalid(root("status", "Phase"), status?.phase ?? "", detail)];
  },
  defaultStatus(namespace) {
    this.defaults!(namespace);
    namespace.status = { ...namespace.status, phase: namespace.status?.phase ?? "Active" };
  },
  prepareForUpdate(namespace, old) {
    namespace.spec = old.spec;
  },
  prepareForDeletion(namespace) {
    // Nobody counts the seconds in which a namespace is emptied.
    delete namespace.metadata.deletionGracePeriodSeconds;
    namespace.status = { ...namespace.status, phase: "Terminating" };
  },
  holdsBack: ({ spec }) => (spec.finalizers?.length ?? 0) > 0,
  fields: {
    "status.phase": ({ status }) => status?.phase ?? "",
  },
};

export function validateNamespaceFinalizer(name: string, path: Path): FieldError[] {
  const errors: FieldError[] = [];
  checkText(name, path, checkQualifiedName, errors);
  if (name.includes("/") || standardFinalizers.includes(name)) return errors;
  const detail = "name is neither a standard finalizer name nor is it fully qualified";
  return [...errors, FieldError.invalid(path, name, detail)];
}
