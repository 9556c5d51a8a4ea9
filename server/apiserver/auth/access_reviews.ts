import type {
  SelfSubjectAccessReviewSpec,
  SubjectAccessReviewStatus,
  SubjectRulesReviewStatus,
} from "../../../api/types/authorization_v1.ts";
import type { UserInfo } from "../contract.ts";
import type { ReviewAnswers } from "../registry/reviews.ts";
import type { Access } from "./access.ts";
import { reviewAttributes } from "./review_attributes.ts";

/** What access reviews answer: just what would decide on a request. */
export function accessReviews(access: Access): Pick<ReviewAnswers, "authorize" | "rules"> {
  return {
    authorize: (user, spec) => accessReview(access, user, spec),
    rules: async (user, namespace) => rulesReview(access, user, namespace),
  };
}

async function accessReview(
  access: Access,
  user: UserInfo,
  spec: SelfSubjectAccessReviewSpec,
): Promise<SubjectAccessReviewStatus> {
  const { attributes, problems } = reviewAttributes(user, spec);
  const { allowed, denied, reason, error } = await access.authorize(attributes);
  const evaluationError = [...(error ? [error] : []), ...problems].join("; ");
  return {
    allowed,
    ...(denied ? { denied } : {}),
    ...(reason ? { reason } : {}),
    ...(evaluationError ? { evaluationError } : {}),
  };
}

function rulesReview(access: Access, user: UserInfo, namespace: string): SubjectRulesReviewStatus {
  const { rules, problems: errors } = access.rulesOf(user, namespace);
  return {
    resourceRules: rules.flatMap(({ verbs, apiGroups, resources, resourceNames }) =>
      resources?.length
        ? [{ verbs, ...(apiGroups && { apiGroups }), resources, ...(resourceNames && { resourceNames }) }]
        : []
    ),
    nonResourceRules: rules.flatMap(({ verbs, nonResourceURLs }) =>
      nonResourceURLs?.length ? [{ verbs, nonResourceURLs }] : []
    ),
    incomplete: errors.length > 0,
    ...(errors.length > 0 ? { evaluationError: errors.join(", ") } : {}),
  };
}
