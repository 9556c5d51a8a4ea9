/** Admission webhooks; nothing calls them yet, but what is stored must make sense when something does. */
import { FieldError, root } from "../../../api/meta/field.ts";
import type {
  MutatingWebhook,
  MutatingWebhookConfiguration,
  RuleWithOperations,
  ValidatingWebhook,
  ValidatingWebhookConfiguration,
} from "../../../api/types/admissionregistration_v1.ts";
import { labelSelectorAt, requireOneOf, requireText } from "./checks.ts";
import type { Strategy } from "./strategy.ts";

export const mutatingWebhookStrategy: Strategy<MutatingWebhookConfiguration> = {
  generationFields: ["webhooks"],
  requiresResourceVersion: true,
  defaults({ webhooks = [] }) {
    for (const webhook of webhooks) {
      defaultWebhook(webhook);
      webhook.reinvocationPolicy ??= "Never";
    }
  },
  validate: ({ webhooks = [] }) => validateWebhooks(webhooks),
};

export const validatingWebhookStrategy: Strategy<ValidatingWebhookConfiguration> = {
  generationFields: ["webhooks"],
  requiresResourceVersion: true,
  defaults({ webhooks = [] }) {
    for (const webhook of webhooks) defaultWebhook(webhook);
  },
  validate: ({ webhooks = [] }) => validateWebhooks(webhooks),
};

function defaultWebhook(webhook: MutatingWebhook | ValidatingWebhook): void {
  webhook.failurePolicy ??= "Fail";
  webhook.matchPolicy ??= "Equivalent";
  webhook.namespaceSelector ??= {};
  webhook.objectSelector ??= {};
  webhook.timeoutSeconds ??= 10;
  if (webhook.clientConfig?.service) webhook.clientConfig.service.port ??= 443;
  for (const rule of webhook.rules ?? []) defaultRule(rule);
}

export function defaultRule(rule: Pick<RuleWithOperations, "scope">): void {
  rule.scope ??= "*";
}

function validateWebhooks(webhooks: readonly (MutatingWebhook | ValidatingWebhook)[]): FieldError[] {
  const errors: FieldError[] = [];
  for (const [index, webhook] of webhooks.entries()) {
    const path = root("webhooks").index(index);
    requireText(webhook.name, path.child("name"), errors);
    if (!webhook.admissionReviewVersions?.length) {
      errors.push(FieldError.required(path.child("admissionReviewVersions"), "must specify one of v1, v1beta1"));
    }
    requireOneOf(webhook.sideEffects ?? "", path.child("sideEffects"), ["None", "NoneOnDryRun"], errors);
    requireOneOf(webhook.failurePolicy, path.child("failurePolicy"), ["Fail", "Ignore"], errors);
    const seconds = webhook.timeoutSeconds ?? 10;
    if (seconds < 1 || seconds > 30) {
      errors.push(
        FieldError.invalid(path.child("timeoutSeconds"), seconds, "the timeout value must be between 1 and 30 seconds"),
      );
    }
    const { url, service } = webhook.clientConfig ?? {};
    if ((url === undefined) === (service === undefined)) {
      errors.push(FieldError.required(path.child("clientConfig"), "exactly one of url or service is required"));
    }
    labelSelectorAt(webhook.namespaceSelector, path.child("namespaceSelector"), errors);
    labelSelectorAt(webhook.objectSelector, path.child("objectSelector"), errors);
  }
  return errors;
}
