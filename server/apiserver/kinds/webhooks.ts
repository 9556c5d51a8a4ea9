/** Admission webhooks; nothing calls them yet, but what is stored must make sense when something does. */
import { FieldError, type Path, root } from "../../../api/meta/field.ts";
import { checkDns1035Label, checkDns1123Subdomain } from "../../../api/meta/names.ts";
import type {
  MutatingWebhook,
  MutatingWebhookConfiguration,
  ValidatingWebhook,
  ValidatingWebhookConfiguration,
} from "../../../api/types/admissionregistration_v1.ts";
import { loadExpressions } from "./admission_expressions.ts";
import { warnOfStaticName } from "./admission_names.ts";
import {
  defaultRule,
  failurePolicies,
  matchPolicies,
  validateMatchConditions,
  validateRule,
} from "./admission_rules.ts";
import { labelSelectorAt, requireOneOf, requireText, requireUnique } from "./checks.ts";
import type { Strategy } from "./strategy.ts";
import { validateWebhookClient } from "./webhook_client.ts";

type Webhook = MutatingWebhook | ValidatingWebhook;

const sideEffects = ["None", "NoneOnDryRun"];
/** Of AdmissionReview. */
const reviewVersions = ["v1", "v1beta1"];

export const mutatingWebhookStrategy: Strategy<MutatingWebhookConfiguration> = {
  generationFields: ["webhooks"],
  requiresResourceVersion: true,
  load: loadForConditions,
  warnings: warnOfStaticName,
  defaults({ webhooks = [] }) {
    for (const webhook of webhooks) {
      defaultWebhook(webhook);
      webhook.reinvocationPolicy ??= "Never";
    }
  },
  validate({ webhooks = [] }) {
    const errors = validateWebhooks(webhooks);
    for (const [index, { reinvocationPolicy }] of webhooks.entries()) {
      const path = root("webhooks").index(index).child("reinvocationPolicy");
      requireOneOf(reinvocationPolicy, path, ["IfNeeded", "Never"], errors);
    }
    return errors;
  },
};

export const validatingWebhookStrategy: Strategy<ValidatingWebhookConfiguration> = {
  generationFields: ["webhooks"],
  requiresResourceVersion: true,
  load: loadForConditions,
  warnings: warnOfStaticName,
  defaults({ webhooks = [] }) {
    for (const webhook of webhooks) defaultWebhook(webhook);
  },
  validate: ({ webhooks = [] }) => validateWebhooks(webhooks),
};

/** Most webhooks have none. */
function loadForConditions({ webhooks = [] }: { readonly webhooks?: readonly Webhook[] }): Promise<void> | undefined {
  return webhooks.some(({ matchConditions = [] }) => matchConditions.length > 0) ? loadExpressions() : undefined;
}

function defaultWebhook(webhook: Webhook): void {
  webhook.failurePolicy ??= "Fail";
  webhook.matchPolicy ??= "Equivalent";
  webhook.namespaceSelector ??= {};
  webhook.objectSelector ??= {};
  webhook.timeoutSeconds ??= 10;
  if (webhook.clientConfig?.service) webhook.clientConfig.service.port ??= 443;
  for (const rule of webhook.rules ?? []) defaultRule(rule);
}

function validateWebhooks(webhooks: readonly Webhook[]): FieldError[] {
  const errors: FieldError[] = [];
  const path = root("webhooks");
  for (const [index, webhook] of webhooks.entries()) validateWebhook(webhook, path.index(index), errors);
  const names = webhooks.map(({ name }, index) => [name, path.index(index).child("name")] as const);
  requireUnique(names.filter(([name]) => name), errors);
  return errors;
}

function validateWebhook(webhook: Webhook, path: Path, errors: FieldError[]): void {
  validateName(webhook.name, path.child("name"), errors);
  for (const [index, rule] of (webhook.rules ?? []).entries()) {
    validateRule(rule, path.child("rules").index(index), errors);
  }
  requireOneOf(webhook.failurePolicy, path.child("failurePolicy"), failurePolicies, errors);
  requireOneOf(webhook.matchPolicy, path.child("matchPolicy"), matchPolicies, errors);
  if (webhook.sideEffects === undefined) {
    errors.push(FieldError.required(path.child("sideEffects"), `must specify one of ${sideEffects.join(", ")}`));
  } else requireOneOf(webhook.sideEffects, path.child("sideEffects"), sideEffects, errors);
  const seconds = webhook.timeoutSeconds ?? 10;
  if (seconds < 1 || seconds > 30) {
    const detail = "the timeout value must be between 1 and 30 seconds";
    errors.push(FieldError.invalid(path.child("timeoutSeconds"), seconds, detail));
  }
  labelSelectorAt(webhook.namespaceSelector, path.child("namespaceSelector"), errors);
  labelSelectorAt(webhook.objectSelector, path.child("objectSelector"), errors);
  validateWebhookClient(webhook.clientConfig ?? {}, path.child("clientConfig"), errors);
  const conditions = webhook.matchConditions ?? [];
  validateMatchConditions(conditions, false, path.child("matchConditions"), errors);
  validateReviewVersions(webhook.admissionReviewVersions ?? [], path.child("admissionReviewVersions"), errors);
}

/** A webhook is named like a host: `validate.example.org`. */
function validateName(name: string | undefined, path: Path, errors: FieldError[]): void {
  if (!requireText(name, path, errors)) return;
  const problems = checkDns1123Subdomain(name);
  if (problems.length > 0) errors.push(FieldError.invalid(path, name, problems.join(",")));
  else if (name.split(".").length < 3) {
    const detail = "should be a domain with at least three segments separated by dots";
    errors.push(FieldError.invalid(path, name, detail));
  }
}

function validateReviewVersions(versions: readonly string[], path: Path, errors: FieldError[]): void {
  const known = reviewVersions.join(", ");
  if (versions.length === 0) {
    errors.push(FieldError.required(path, `must specify one of ${known}`));
    return;
  }
  for (const [index, version] of versions.entries()) {
    const problems = versions.indexOf(version) < index ? ["duplicate version"] : checkDns1035Label(version);
    for (const detail of problems) errors.push(FieldError.invalid(path.index(index), version, detail));
  }
  if (!versions.some((version) => reviewVersions.includes(version))) {
    errors.push(FieldError.invalid(path, versions, `must include at least one of ${known}`));
  }
}
