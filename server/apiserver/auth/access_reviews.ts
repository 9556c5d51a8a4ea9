import type { SubjectRulesReviewStatus } from "../../../api/types/authorization_v1.ts";
import type { UserInfo } from "../contract.ts";
import type { ReviewAnswers } from "../registry/reviews.ts";
import type { Access } from "./access.ts";
import type { AuthorizationAttributes } from "./authorizer.ts";

/** What access reviews answer: just what would decide on a request. */
export function accessReviews(access: Access): Pick<ReviewAnswers, "authorize" | "rules"> {
  return {
    async authorize(user, attributes) {
      const { allowed, denied, reason = "" } = await access.authorize(attributesOf(user, attributes));
      return { allowed, ...(denied ? { denied } : {}), reason };
    },
    rules: async (user, namespace) => rulesReview(access, user, namespace),
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

function attributesOf(
  user: AuthorizationAttributes["user"],
  from: Parameters<ReviewAnswers["authorize"]>[1],
): AuthorizationAttributes {
  const { verb, path, ...resource } = from;
  return path === undefined ? { user, verb, path: "", resource } : { user, verb, path };
}
