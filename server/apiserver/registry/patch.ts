import { checkValue } from "../../../api/codec/check.ts";
import { FieldError, root } from "../../../api/meta/field.ts";
import { applyJsonPatch } from "../../../api/patch/json_patch.ts";
import { applyMergePatch } from "../../../api/patch/merge.ts";
import { applyStrategicPatch } from "../../../api/patch/strategic.ts";
import type { KubeObject } from "../../../api/resource.ts";
import { invalid } from "../../../api/status.ts";
import type { Entry, PatchRequest, RequestContext } from "../contract.ts";
import type { Facet } from "./facet.ts";
import type { Shelf } from "./system.ts";
import { change } from "./update.ts";

const patchAttempts = 6;

export function patch(shelf: Shelf, facet: Facet, context: RequestContext, request: PatchRequest): Promise<Entry> {
  const { namespace, name, options } = request;
  const submit = (view: KubeObject) => patched(shelf, facet, context, request, view);
  return change(shelf, facet, context, { namespace, name, options, patches: true, attempts: patchAttempts, submit });
}

function patched(
  shelf: Shelf,
  facet: Facet,
  context: RequestContext,
  { type, patch, options: { fieldValidation } }: PatchRequest,
  view: KubeObject,
): KubeObject {
  const { schema } = shelf.system;
  const result = type === "json"
    ? applyJsonPatch(view, patch)
    : type === "merge"
    ? applyMergePatch(view, patch)
    : applyStrategicPatch(schema, facet.message, view, patch);
  const { value, unknown, wrong } = checkValue(result, facet.message, schema);
  if (wrong.length > 0) throw misfit(wrong.map(({ message }) => message).join("; "));
  if (unknown.length > 0 && fieldValidation === "Strict") {
    throw misfit(`strict decoding error: ${unknown.map(({ message }) => message).join(", ")}`);
  }
  if (fieldValidation === "Warn") { for (const { message } of unknown) context.warn(message); }
  const object = value as KubeObject;
  const { apiVersion, kind } = facet.kind;
  if ((object.apiVersion ?? apiVersion) !== apiVersion || (object.kind ?? kind) !== kind) {
    throw misfit(`a patch cannot make a ${object.apiVersion} ${object.kind} of a ${apiVersion} ${kind}`);
  }
  return object;
}

function misfit(detail: string) {
  return invalid({ group: "", kind: "" }, "", [FieldError.invalid(root("patch"), undefined, detail)]);
}
