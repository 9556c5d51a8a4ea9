import type { KubeObject } from "../../../api/resource.ts";
import type {
  LocalSubjectAccessReview,
  ResourceAttributes,
  SelfSubjectAccessReview,
  SubjectAccessReview,
  SubjectAccessReviewSpec,
  SubjectRulesReviewStatus,
} from "../../../api/types/authorization_v1.ts";
import type { SelfSubjectReview, TokenReview } from "../../../api/types/authentication_v1.ts";
import { FieldSelector } from "../../../api/meta/field_selector.ts";
import { badRequest } from "../../../api/status.ts";
import type { CreateRequest, RequestContext, UserInfo } from "../contract.ts";
import { requireValidLocalReview, requireValidReview, requireValidSubjectReview } from "./review_validation.ts";

/** Answers of authentication and authorisation, which live at the HTTP edge. */
export interface ReviewAnswers {
  /** Undefined for a token that is not good, or not for any of the audiences. */
  authenticate(
    token: string,
    audiences: readonly string[],
  ): Promise<{ readonly user: UserInfo; readonly audiences: readonly string[] } | undefined>;
  authorize(user: UserInfo, attributes: AccessAttributes): Promise<AccessDecision>;
  /** What a user may do in a namespace. */
  rules(user: UserInfo, namespace: string): Promise<SubjectRulesReviewStatus>;
}

export interface AccessAttributes {
  readonly verb: string;
  readonly namespace: string;
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly subresource: string;
  readonly name: string;
  readonly fieldSelector?: string;
  /** For URLs outside the resources; the other fields are then empty. */
  readonly path?: string;
}

export interface AccessDecision {
  readonly allowed: boolean;
  /** Nobody else may allow it. */
  readonly denied?: true;
  readonly reason: string;
}

type Review = (answers: ReviewAnswers, context: RequestContext, request: CreateRequest) => Promise<KubeObject>;

/** By kind. */
export const reviews: Readonly<Record<string, Review>> = {
  TokenReview: reviewToken,
  SelfSubjectReview: async (_answers, { user }, { object }) =>
    ({ ...object, status: { userInfo: userInfo(user) } }) as SelfSubjectReview,
  SubjectAccessReview: reviewAccess,
  LocalSubjectAccessReview: reviewLocalAccess,
  SelfSubjectAccessReview: async (answers, { user }, { object }) => {
    requireValidReview(object as SelfSubjectAccessReview);
    return decided(object, answers, user, (object as SelfSubjectAccessReview).spec);
  },
  SelfSubjectRulesReview: async (answers, { user }, { object }) => {
    const { namespace = "" } = (object as KubeObject & { spec?: { namespace?: string } }).spec ?? {};
    if (namespace === "") throw badRequest("no namespace on request");
    return { ...object, status: await answers.rules(user, namespace) } as KubeObject;
  },
};

async function reviewToken(
  answers: ReviewAnswers,
  _context: RequestContext,
  { object }: CreateRequest,
): Promise<KubeObject> {
  const review = object as TokenReview;
  const { token = "", audiences = [] } = review.spec ?? {};
  if (token === "") throw badRequest("token is required for TokenReview in authentication");
  const found = await answers.authenticate(token, audiences);
  const status = found
    ? { authenticated: true, user: userInfo(found.user), audiences: [...found.audiences] }
    : { authenticated: false, user: {}, error: "the token is not valid" };
  return { ...review, status } as KubeObject;
}

async function reviewAccess(
  answers: ReviewAnswers,
  _context: RequestContext,
  { object }: CreateRequest,
): Promise<KubeObject> {
  requireValidSubjectReview(object as SubjectAccessReview);
  const { spec } = object as SubjectAccessReview;
  return decided(object, answers, subjectOf(spec), spec);
}

async function reviewLocalAccess(
  answers: ReviewAnswers,
  _context: RequestContext,
  { object, namespace }: CreateRequest,
): Promise<KubeObject> {
  requireValidLocalReview(object as LocalSubjectAccessReview, namespace);
  const { spec } = object as LocalSubjectAccessReview;
  return decided({ ...object, metadata: { ...object.metadata, namespace } }, answers, subjectOf(spec), spec);
}

async function decided(
  object: KubeObject,
  answers: ReviewAnswers,
  user: UserInfo,
  spec: Pick<SubjectAccessReviewSpec, "resourceAttributes" | "nonResourceAttributes">,
): Promise<KubeObject> {
  const { allowed, denied, reason } = await answers.authorize(user, attributesOf(spec));
  const status = { allowed, ...(denied ? { denied } : {}), ...(reason === "" ? {} : { reason }) };
  return { ...object, status } as KubeObject;
}

function attributesOf(
  { resourceAttributes, nonResourceAttributes }: Pick<
    SubjectAccessReviewSpec,
    "resourceAttributes" | "nonResourceAttributes"
  > = {},
): AccessAttributes {
  const { verb, namespace, group, version, resource, subresource, name } = resourceAttributes ?? {};
  const fieldSelector = fieldSelectorOf(resourceAttributes);
  return {
    verb: verb ?? nonResourceAttributes?.verb ?? "",
    namespace: namespace ?? "",
    group: group ?? "",
    version: version ?? "",
    resource: resource ?? "",
    subresource: subresource ?? "",
    name: name ?? "",
    ...(fieldSelector === "" ? {} : { fieldSelector }),
    ...(nonResourceAttributes === undefined ? {} : { path: nonResourceAttributes.path ?? "" }),
  };
}

function fieldSelectorOf({ fieldSelector }: ResourceAttributes = {}): string {
  const { rawSelector = "", requirements = [] } = fieldSelector ?? {};
  if (rawSelector !== "" || requirements.length === 0) return rawSelector;
  // Requirements of a kind that no field selector can express say nothing here, which is the careful reading.
  const terms = requirements.flatMap(({ key, operator, values: [value, ...more] = [] }) =>
    operator === "In" && value !== undefined && more.length === 0 ? [{ field: key, value, negated: false }] : []
  );
  return new FieldSelector(terms).toString();
}

function subjectOf({ user = "", groups = [], uid, extra }: SubjectAccessReviewSpec): UserInfo {
  return { name: user, groups, ...(uid ? { uid } : {}), ...(extra ? { extra } : {}) };
}

function userInfo({ name, uid, groups, extra }: UserInfo) {
  return { username: name, ...(uid ? { uid } : {}), groups: [...groups], ...(extra ? { extra } : {}) };
}
