import { getLogger } from "@logtape/logtape";
import type { Clock } from "../../../api/clock.ts";
import { parseFieldSelector } from "../../../api/meta/field_selector.ts";
import type {
  FieldSelectorAttributes,
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
  const fail = (error: unknown): Decision => {
    logger.error("the authorisation webhook {name} failed: {message}", { name, message: (error as Error).message });
    return onFailure === "Deny" ? { allowed: false, denied: true } : { allowed: false };
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
  const { namespace, group, version, resource: kind, subresource, name: object, fieldSelector = "" } = resource;
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
      ...requirementsOf(fieldSelector),
    },
  };
}

/** A selector only narrows: one that cannot be read is left out. */
function requirementsOf(text: string): { fieldSelector?: FieldSelectorAttributes } {
  if (text === "") return {};
  try {
    const requirements = parseFieldSelector(text).terms.map(({ field, value, negated }) => ({
      key: field,
      operator: negated ? "NotIn" : "In",
      values: [value],
    }));
    return requirements.length > 0 ? { fieldSelector: { requirements } } : {};
  } catch {
    return {};
  }
}
