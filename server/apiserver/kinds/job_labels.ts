/** The labels by which a Job finds its Pods. Two Jobs of the same template must not take each other's: without manualSelector each selects by its uid. */
import { FieldError, root } from "../../../api/meta/field.ts";
import { compileLabelSelector, SelectorError } from "../../../api/meta/label_selector.ts";
import { goMap, goValue } from "../../../api/schema/go_value.ts";
import type { Job } from "../../../api/types/batch_v1.ts";
import type { LabelSelector } from "../../../api/types/meta_v1.ts";
import { labelSelector, own } from "./checks.ts";

const uidLabel = "batch.kubernetes.io/controller-uid";
const nameLabel = "batch.kubernetes.io/job-name";
const legacyUidLabel = "controller-uid";
const legacyNameLabel = "job-name";

/** What the client has set stays, and is found wrong by validation. */
export function generateLabels({ metadata, spec }: Job): void {
  if (spec.manualSelector) return;
  const { uid = "", name = "" } = metadata;
  const labels = (spec.template.metadata ??= {}).labels ??= {};
  for (const label of [legacyNameLabel, nameLabel]) labels[label] ??= name;
  for (const label of [legacyUidLabel, uidLabel]) labels[label] ??= uid;
  ((spec.selector ??= {}).matchLabels ??= {})[uidLabel] ??= uid;
  // A Job that says nothing of labels has those of its Pods, the generated ones among them.
  metadata.labels ??= labels;
}

/** Jobs that are older than the prefixed labels do without them. */
export function hasPrefixedLabels({ spec }: Job): boolean {
  const labels = spec.template.metadata?.labels ?? {};
  return Object.hasOwn(labels, nameLabel) && Object.hasOwn(labels, uidLabel);
}

export function validateGeneratedLabels({ metadata, spec }: Job, needsPrefixed: boolean): FieldError[] {
  const { selector } = spec;
  if (spec.manualSelector || selector === undefined) return [];
  const { uid = "", name = "" } = metadata;
  const wanted = {
    [legacyUidLabel]: uid,
    [legacyNameLabel]: name,
    ...needsPrefixed && { [uidLabel]: uid, [nameLabel]: name },
  };
  const errors: FieldError[] = [];
  const path = root("spec", "template", "metadata", "labels");
  const labels = spec.template.metadata?.labels ?? {};
  for (const [label, value] of Object.entries(wanted)) {
    const found = own(labels, label);
    if (found === undefined) errors.push(FieldError.required(path.key(label), `must be '${value}'`));
    else if (found !== value) {
      errors.push(FieldError.invalid(path.key(label), goMap(labels), `must be '${value}'`));
    }
  }
  if (!selects(selector, wanted)) {
    const detail = "`selector` not auto-generated";
    errors.push(FieldError.invalid(root("spec", "selector"), goValue(labelSelector, selector), detail));
  }
  return errors;
}

/** True as well for what is no selector, of which others tell. */
function selects(selector: LabelSelector, labels: Readonly<Record<string, string>>): boolean {
  try {
    return compileLabelSelector(selector).matches(labels);
  } catch (error) {
    if (error instanceof SelectorError) return true;
    throw error;
  }
}
