import { getLogger } from "@logtape/logtape";
import type { Clock } from "../../../api/clock.ts";
import type { SelectorOperator } from "../../../api/meta/label_selector.ts";
import type {
  ResourceAttributes,
  SubjectAccessReview,
  SubjectAccessReviewSpec,
  SubjectAccessReviewStatus,
} from "../../../api/types/authorization_v1.ts";
import { LruMap } from "../../../client/lru_map.ts";
import type { AuthorizationAttributes, Authorizer, Decision } from "./authorizer.ts";
import type { Matcher } from "./match_conditions.ts";

export interface WebhookOptions {
  readonly name: string;
  /** Asks the webhook; rejects when it does not answer in time, or not sensibly. */
  readonly ask: (review: SubjectAccessReview) => Promise<unknown>;
  /** Which requests it is asked about; all when absent. */
  readonly matches?: Matcher;
  /** Milliseconds that answers are kept; 0 keeps none. */
  readonly authorizedTtl: number;
  readonly unauthorizedTtl: number;
  /** What an answer that does not come means. */
  readonly onFailure: "NoOpinion" | "Deny";
  readonly clock: Pick<Clock, "now">;
}

interface Kept {
  readonly decision: Decision;
  readonly until: number;
}

const logger = getLogger(["skiff", "apiserver", "authorization"]);
const maxKept = 1024;
/** Longer questions are asked anew each time: strangers choose their length. */
const maxKeyLength = 10_000;

/** Somebody else's program that decides by SubjectAccessReviews. It may also deny, for all that are asked after it. */
export function webhookAuthorizer(options: WebhookOptions): Authorizer {
  const { name, ask, clock, onFailure, authorizedTtl, unauthorizedTtl } = options;
  const kept = new LruMap<string, Kept>(maxKept);
  const fail = (cause: unknown): Decision => {
    const error = (cause as Error).message;
    logger.error("the authorisation webhook {name} failed: {message}", { name, message: error });
    return onFailure === "Deny" ? { allowed: false, denied: true, error } : { allowed: false, error };
  };
  return {
    async authorize(attributes) {
      const spec = specOf(attributes);
      try {
        if (options.matches?.(spec) === false) return { allowed: false };
      } catch (error) {
        return fail(error);
      }
      const key = JSON.stringify(spec);
      const known = kept.get(key);
      if (known !== undefined && clock.now() < known.until) return known.decision;
      let status: SubjectAccessReviewStatus;
      try {
        const kind = "SubjectAccessReview";
        status = statusIn(await ask({ apiVersion: "authorization.k8s.io/v1", kind, metadata: {}, spec }));
      } catch (error) {
        return fail(error);
      }
      const decision = decisionOf(status);
      const ttl = decision.allowed ? authorizedTtl : unauthorizedTtl;
      if (ttl > 0 && key.length <= maxKeyLength) kept.set(key, { decision, until: clock.now() + ttl });
      return decision;
    },
  };
}

function decisionOf({ allowed, denied, reason }: SubjectAccessReviewStatus): Decision {
  const why = reason ? { reason } : {};
  return denied ? { allowed: false, denied: true, ...why } : { allowed: allowed === true, ...why };
}

function statusIn(answer: unknown): SubjectAccessReviewStatus {
  const status = (answer as SubjectAccessReview | undefined)?.status;
  if (typeof status !== "object" || status === null || typeof status.allowed !== "boolean") {
    throw new TypeError("its answer has no status.allowed");
  }
  return status;
}

function specOf({ user, verb, resource, path }: AuthorizationAttributes): SubjectAccessReviewSpec {
  const { name, uid, groups, extra } = user;
  const who = {
    user: name,
    ...(uid === undefined ? {} : { uid }),
    groups: [...groups],
    ...(extra === undefined
      ? {}
      : { extra: Object.fromEntries(Object.entries(extra).map(([key, values]) => [key, [...values]])) }),
  };
  if (resource === undefined) return { ...who, nonResourceAttributes: { path, verb } };
  const { namespace, group, version, resource: kind, subresource, name: object } = resource;
  return {
    ...who,
    resourceAttributes: {
      namespace,
      verb,
      group,
      version,
      resource: kind,
      subresource,
      name: object,
      ...selectorsOf(resource),
    },
  };
}

function selectorsOf(
  { fieldSelector = [], labelSelector = [] }: NonNullable<AuthorizationAttributes["resource"]>,
): Pick<ResourceAttributes, "fieldSelector" | "labelSelector"> {
  const labels = labelSelector.flatMap(({ key, operator, values }) => {
    const meaning = labelOperators[operator];
    return meaning === undefined
      ? []
      : [{ key, operator: meaning, ...(values.length > 0 ? { values: [...values] } : {}) }];
  });
  const fields = fieldSelector.map(({ field, value, negated }) => ({
    key: field,
    operator: negated ? "NotIn" : "In",
    values: [value],
  }));
  return {
    ...(fields.length > 0 ? { fieldSelector: { requirements: fields } } : {}),
    ...(labels.length > 0 ? { labelSelector: { requirements: labels } } : {}),
  };
}

/** Reviews have no comparisons: they are left out, which asks for more than the request does. */
const labelOperators: Readonly<Record<SelectorOperator, string | undefined>> = {
  "=": "In",
  "==": "In",
  in: "In",
  "!=": "NotIn",
  notin: "NotIn",
  exists: "Exists",
  "!": "DoesNotExist",
  ">": undefined,
  "<": undefined,
};
