import type {
  MutatingAdmissionPolicy,
  MutatingAdmissionPolicyBinding,
  MutatingWebhookConfiguration,
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
  ValidatingWebhookConfiguration,
} from "../../../api/types/admissionregistration_v1.ts";
import { age, type Column, columns, type ColumnTable, name, selectorText } from "./column.ts";

type Policy = ValidatingAdmissionPolicy | MutatingAdmissionPolicy;
type Binding = ValidatingAdmissionPolicyBinding | MutatingAdmissionPolicyBinding;
type Webhooks = MutatingWebhookConfiguration | ValidatingWebhookConfiguration;

const paramKind: Column<Policy> = {
  name: "ParamKind",
  cell: ({ spec }) => spec.paramKind ? `${spec.paramKind.apiVersion}/${spec.paramKind.kind}` : "<unset>",
};

export const admissionColumns: ColumnTable = {
  "admissionregistration.k8s.io/mutatingwebhookconfigurations": webhooks(),
  "admissionregistration.k8s.io/validatingwebhookconfigurations": webhooks(),
  "admissionregistration.k8s.io/validatingadmissionpolicies": columns<ValidatingAdmissionPolicy>(
    name,
    { name: "Validations", type: "integer", cell: ({ spec }) => spec.validations?.length ?? 0 },
    paramKind,
    age,
  ),
  "admissionregistration.k8s.io/mutatingadmissionpolicies": columns<MutatingAdmissionPolicy>(
    name,
    { name: "Mutations", type: "integer", cell: ({ spec }) => spec.mutations?.length ?? 0 },
    paramKind,
    age,
  ),
  "admissionregistration.k8s.io/validatingadmissionpolicybindings": bindings(),
  "admissionregistration.k8s.io/mutatingadmissionpolicybindings": bindings(),
};

function webhooks(): readonly Column[] {
  return columns<Webhooks>(name, { name: "Webhooks", type: "integer", cell: (w) => w.webhooks?.length ?? 0 }, age);
}

function bindings(): readonly Column[] {
  return columns<Binding>(
    name,
    { name: "PolicyName", cell: ({ spec }) => spec.policyName ?? "" },
    { name: "ParamRef", cell: parameters },
    age,
  );
}

/** Whether a parameter has a namespace is not known here: one by its name alone gets `*` for it. */
function parameters({ spec: { paramRef } }: Binding): string {
  if (paramRef?.name) return `${paramRef.namespace || "*"}/${paramRef.name}`;
  return paramRef?.selector ? selectorText(paramRef.selector) : "<unset>";
}
