import { checkValue } from "../../../api/codec/check.ts";
import type { Problem } from "../../../api/codec/problem.ts";
import { FieldError, root } from "../../../api/meta/field.ts";
import { applyJsonPatch } from "../../../api/patch/json_patch.ts";
import { applyMergePatch } from "../../../api/patch/merge.ts";
import { applyStrategicPatch } from "../../../api/patch/strategic.ts";
import type { KubeObject } from "../../../api/resource.ts";
import { invalid } from "../../../api/status.ts";
import type { StoredEntry } from "../cache/stored_entry.ts";
import type { PatchRequest, RequestContext } from "../contract.ts";
import { requireName } from "../identity.ts";
import { completeObject } from "../managed_fields.ts";
import { appliedTo, createByApply } from "./apply.ts";
import type { Facet } from "./facet.ts";
import type { Shelf } from "./system.ts";
import { change, type Submission, type Written } from "./update.ts";

const patchAttempts = 6;

export async function patch(
  shelf: Shelf,
  facet: Facet,
  context: RequestContext,
  request: PatchRequest,
): Promise<Written> {
  const { type, namespace, name, options } = request;
  const applies = type === "apply";
  const check = (object: KubeObject) => checked(shelf, facet, context, request, object);
  if (applies && facet.subresource === "" && shelf.cache.get(namespace, name) === undefined) {
    const entry = await createByApply(shelf, facet, context, request, check);
    if (entry !== undefined) return { entry, created: true };
  }
  const submit = (view: KubeObject, current: StoredEntry): Submission => {
    if (!applies) return { object: check(patched(shelf, facet, request, view, current)) };
    const { object, records } = appliedTo(shelf, facet, request, current);
    return { object: check(object), records };
  };
  const asked = { namespace, name, options, patches: true, attempts: patchAttempts, submit };
  return { entry: await change(shelf, facet, context, asked), created: false };
}

function patched(
  shelf: Shelf,
  facet: Facet,
  { type, patch }: PatchRequest,
  view: KubeObject,
  { records }: StoredEntry,
): KubeObject {
  switch (type) {
    case "merge":
      return applyMergePatch(view, patch);
    case "strategic": {
      const patched = applyStrategicPatch(shelf.system.schema, facet.message, view, patch);
      const { apiVersion, kind } = facet.kind;
      // Of which kind it is, such a patch has no say.
      return [patched.apiVersion ?? "", patched.kind ?? ""].every((name) => typeof name === "string")
        ? { ...patched, apiVersion, kind }
        : patched;
    }
    default:
      // The operations of a JSON patch ask for the list that they change to be there.
      return applyJsonPatch(touchesManagedFields(patch) ? completeObject({ object: view, records }) : view, patch);
  }
}

function touchesManagedFields(patch: unknown): boolean {
  return Array.isArray(patch) &&
    patch.some((operation) =>
      [operation?.path, operation?.from].some((path) =>
        path === "" || path === "/metadata" || (typeof path === "string" && path.startsWith("/metadata/managedFields"))
      )
    );
}

/** The result of a patch, if it is still an object of its kind. */
function checked(
  shelf: Shelf,
  facet: Facet,
  context: RequestContext,
  { name, options: { fieldValidation }, strictErrors = [] }: PatchRequest,
  result: KubeObject,
): KubeObject {
  const { value, unknown, wrong } = checkValue(result, facet.message, shelf.system.schema);
  if (wrong.length > 0) throw misfit(wrong.map(({ message }) => message).join("; "));
  // Upstream finds what is unknown in a text whose keys are in order.
  const problems = [...strictErrors, ...unknown.toSorted(byPath).map(({ message }) => message)];
  if (problems.length > 0 && fieldValidation === "Strict") {
    throw misfit(`strict decoding error: ${problems.join(", ")}`);
  }
  if (fieldValidation === "Warn") { for (const message of problems) context.warn(message); }
  const object = value as KubeObject;
  const { apiVersion, kind } = facet.kind;
  // Of no version, it has no name that could be known.
  if (!object.apiVersion) requireName({ metadata: {} }, name);
  if (object.apiVersion !== apiVersion || (object.kind ?? kind) !== kind) {
    throw misfit(`a patch cannot make a ${object.apiVersion} ${object.kind} of a ${apiVersion} ${kind}`);
  }
  return object;
}

function byPath({ path: a }: Problem, { path: b }: Problem): number {
  const index = a.findIndex((segment, at) => segment !== b[at]);
  const [one, other] = [a[index] ?? "", b[index] ?? ""];
  return typeof one === "number" && typeof other === "number" ? one - other : one < other ? -1 : 1;
}

function misfit(detail: string) {
  return invalid({ group: "", kind: "" }, "", [FieldError.invalid(root("patch"), undefined, detail)]);
}
