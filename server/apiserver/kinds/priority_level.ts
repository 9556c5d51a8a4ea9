import { deepEqual } from "../../../api/meta/deep_equal.ts";
import { FieldError, type Path, root } from "../../../api/meta/field.ts";
import type {
  LimitedPriorityLevelConfiguration,
  LimitResponse,
  PriorityLevelConfiguration,
  PriorityLevelConfigurationSpec,
  QueuingConfiguration,
} from "../../../api/types/flowcontrol_v1.ts";
import { requireOneOf } from "./checks.ts";
import { validateFlowConditions } from "./flow_schema.ts";
import { specPath } from "./scheduling_validation.ts";
import type { Strategy } from "./strategy.ts";

const exempt = "exempt";
const catchAll = "catch-all";
const mostQueues = 10_000_000;
/** Of the hash by which requests are dealt to queues. */
const mostHashBits = 60;
/** What the former API wrote to tell a zero from nothing. */
const zeroSharesAnnotation = "flowcontrol.k8s.io/v1beta3-preserve-zero-concurrency-shares";

/** The level of last resort is the same in every cluster. */
const catchAllSpec: PriorityLevelConfigurationSpec = {
  type: "Limited",
  limited: { nominalConcurrencyShares: 5, lendablePercent: 0, limitResponse: { type: "Reject" } },
};

export const priorityLevelConfigurationStrategy: Strategy<PriorityLevelConfiguration> = {
  generationFields: ["spec"],
  defaults({ spec: { limited, exempt } }) {
    if (exempt) {
      exempt.nominalConcurrencyShares ??= 0;
      exempt.lendablePercent ??= 0;
    }
    if (!limited) return;
    limited.nominalConcurrencyShares ??= 30;
    limited.lendablePercent ??= 0;
    const queuing = limited.limitResponse?.queuing;
    if (!queuing) return;
    queuing.queues ||= 64;
    queuing.handSize ||= 8;
    queuing.queueLengthLimit ||= 50;
  },
  validate({ metadata: { name, annotations = {} }, spec }) {
    const errors: FieldError[] = [];
    if (Object.hasOwn(annotations, zeroSharesAnnotation)) {
      const detail = `annotation '${zeroSharesAnnotation}' is forbidden`;
      errors.push(FieldError.forbidden(root("metadata", "annotations"), detail));
    }
    if ((name === exempt) !== (spec.type === "Exempt")) {
      const detail = "must be 'Exempt' if and only if `name` is 'exempt'";
      errors.push(FieldError.invalid(specPath.child("type"), spec.type ?? "", detail));
    }
    requireOneOf(spec.type, specPath.child("type"), ["Exempt", "Limited"], errors);
    if (spec.type === "Exempt") validateExempt(spec, errors);
    if (spec.type === "Limited") validateLimited(spec, errors);
    if (name === catchAll && !deepEqual(spec, catchAllSpec)) {
      errors.push(FieldError.invalid(specPath, spec, `spec of '${name}' must equal the fixed value`));
    }
    if (name === exempt && !deepEqual({ ...spec, exempt: undefined }, { type: "Exempt", exempt: undefined })) {
      const detail = `spec of '${name}' except the 'spec.exempt' field must equal the fixed value`;
      errors.push(FieldError.invalid(specPath, spec, detail));
    }
    return errors;
  },
  validateStatusUpdate: ({ status }) => validateFlowConditions(status?.conditions ?? []),
};

function validateExempt({ limited, exempt }: PriorityLevelConfigurationSpec, errors: FieldError[]): void {
  if (limited) {
    errors.push(FieldError.forbidden(specPath.child("limited"), "must be nil if the type is not Limited"));
  }
  if (exempt) validateShares(exempt, specPath.child("exempt"), errors);
}

function validateLimited({ limited, exempt }: PriorityLevelConfigurationSpec, errors: FieldError[]): void {
  if (exempt) errors.push(FieldError.forbidden(specPath.child("exempt"), "must be nil if the type is Limited"));
  const path = specPath.child("limited");
  if (!limited) {
    errors.push(FieldError.required(path, "must not be empty when type is Limited"));
    return;
  }
  validateShares(limited, path, errors);
  const { limitResponse, borrowingLimitPercent = 0 } = limited;
  validateResponse(limitResponse ?? { type: "" }, path.child("limitResponse"), errors);
  if (borrowingLimitPercent < 0) {
    const detail = "if specified, must be a non-negative integer";
    errors.push(FieldError.invalid(path.child("borrowingLimitPercent"), borrowingLimitPercent, detail));
  }
}

type Shares = Pick<LimitedPriorityLevelConfiguration, "nominalConcurrencyShares" | "lendablePercent">;

function validateShares(
  { nominalConcurrencyShares: shares = 0, lendablePercent = 0 }: Shares,
  path: Path,
  errors: FieldError[],
): void {
  if (shares < 0) {
    errors.push(FieldError.invalid(path.child("nominalConcurrencyShares"), shares, "must be a non-negative integer"));
  }
  if (lendablePercent < 0 || lendablePercent > 100) {
    const detail = "must be between 0 and 100, inclusive";
    errors.push(FieldError.invalid(path.child("lendablePercent"), lendablePercent, detail));
  }
}

function validateResponse({ type, queuing }: LimitResponse, path: Path, errors: FieldError[]): void {
  const at = path.child("queuing");
  requireOneOf(type, path.child("type"), ["Queue", "Reject"], errors);
  if (type === "Reject" && queuing) {
    errors.push(FieldError.forbidden(at, "must be nil if limited.limitResponse.type is not Limited"));
  }
  if (type !== "Queue") return;
  if (queuing) validateQueuing(queuing, at, errors);
  else errors.push(FieldError.required(at, "must not be empty if limited.limitResponse.type is Limited"));
}

function validateQueuing(queuing: QueuingConfiguration, path: Path, errors: FieldError[]): void {
  for (const field of ["queueLengthLimit", "queues", "handSize"] as const) {
    const value = queuing[field] ?? 0;
    if (value <= 0) errors.push(FieldError.invalid(path.child(field), value, "must be positive"));
  }
  const { queues = 0, handSize = 0 } = queuing;
  if (queues > mostQueues) {
    errors.push(FieldError.invalid(path.child("queues"), queues, `must not be greater than ${mostQueues}`));
  }
  if (handSize <= 0) return;
  const wrong = (detail: string) => errors.push(FieldError.invalid(path.child("handSize"), handSize, detail));
  if (handSize > queues) wrong(`should not be greater than queues (${queues})`);
  else if (Math.ceil(Math.log2(queues) * handSize) > mostHashBits) {
    wrong(
      `required entropy bits of deckSize ${queues} and handSize ${handSize} should not be greater than ${mostHashBits}`,
    );
  }
}
