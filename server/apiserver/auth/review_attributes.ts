import type { FieldTerm } from "../../../api/meta/field_selector.ts";
import { type Requirement, Selector, type SelectorOperator } from "../../../api/meta/label_selector.ts";
import type {
  FieldSelectorAttributes,
  LabelSelectorAttributes,
  ResourceAttributes,
  SelfSubjectAccessReviewSpec,
} from "../../../api/types/authorization_v1.ts";
import type { FieldSelectorRequirement, LabelSelectorRequirement } from "../../../api/types/meta_v1.ts";
import type { UserInfo } from "../contract.ts";
import type { AuthorizationAttributes } from "./authorizer.ts";
import { fieldTerms, labelRequirements } from "./request_attributes.ts";

/** What a review asks about, and which of its selectors are not or only partly understood. */
export interface AskedAttributes {
  readonly attributes: AuthorizationAttributes;
  readonly problems: readonly string[];
}

/** `user` asks for something, or somebody asks whether they may. */
export function reviewAttributes(user: UserInfo, spec: SelfSubjectAccessReviewSpec): AskedAttributes {
  const { resourceAttributes, nonResourceAttributes: { verb = "", path = "" } = {} } = spec;
  return resourceAttributes === undefined
    ? { attributes: { user, verb, path }, problems: [] }
    : resourceQuestion(user, resourceAttributes);
}

function resourceQuestion(user: UserInfo, asked: ResourceAttributes): AskedAttributes {
  const { verb = "", namespace = "", group = "", version, resource = "", subresource = "", name = "" } = asked;
  const fields = readFields(asked.fieldSelector);
  const labels = readLabels(asked.labelSelector);
  const what = {
    namespace,
    group,
    // Whoever names no version asks about all.
    version: version || "*",
    resource,
    subresource,
    name,
    ...(fields.read.length > 0 ? { fieldSelector: fields.read } : {}),
    ...(labels.read.length > 0 ? { labelSelector: labels.read } : {}),
  };
  const problems = [...problemOf("fieldSelector", fields), ...problemOf("labelSelector", labels)];
  return { attributes: { user, verb, path: "", resource: what }, problems };
}

/** What is understood of a selector, and whether that is all. */
interface Read<T> {
  readonly read: readonly T[];
  readonly whole: boolean;
}

function problemOf(name: string, { read, whole }: Read<unknown>): string[] {
  if (whole) return [];
  return [`spec.resourceAttributes.${name} ${read.length > 0 ? "partially " : ""}ignored due to parse error`];
}

function readFields({ rawSelector, requirements = [] }: FieldSelectorAttributes = {}): Read<FieldTerm> {
  return rawSelector ? readText(fieldTerms(rawSelector)) : readEach(requirements, fieldTerm);
}

function readLabels({ rawSelector, requirements = [] }: LabelSelectorAttributes = {}): Read<Requirement> {
  return rawSelector ? readText(labelRequirements(rawSelector)) : readEach(requirements, labelRequirement);
}

function readText<T>(parsed: readonly T[] | undefined): Read<T> {
  return { read: parsed ?? [], whole: parsed !== undefined };
}

/** Requirements narrow each other: those that newer clients have invented may be left out. */
function readEach<From, To>(requirements: readonly From[], readOne: (from: From) => To | undefined): Read<To> {
  const read = requirements.map(readOne).filter((one) => one !== undefined);
  return { read, whole: read.length === requirements.length };
}

function fieldTerm({ key, operator, values = [] }: FieldSelectorRequirement): FieldTerm | undefined {
  const [value, ...more] = values;
  if (value === undefined || more.length > 0 || (operator !== "In" && operator !== "NotIn")) return undefined;
  return { field: key, value, negated: operator === "NotIn" };
}

const labelOperators: ReadonlyMap<string, SelectorOperator> = new Map<string, SelectorOperator>([
  ["In", "in"],
  ["NotIn", "notin"],
  ["Exists", "exists"],
  ["DoesNotExist", "!"],
]);

function labelRequirement({ key, operator, values = [] }: LabelSelectorRequirement): Requirement | undefined {
  const meaning = labelOperators.get(operator);
  if (meaning === undefined) return undefined;
  try {
    return Selector.of([{ key, operator: meaning, values }]).requirements[0];
  } catch {
    return undefined;
  }
}
