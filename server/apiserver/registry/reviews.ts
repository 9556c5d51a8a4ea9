import type { KubeObject } from "../../../api/resource.ts";
import type {
  LocalSubjectAccessReview,
  SelfSubjectAccessReview,
  SelfSubjectAccessReviewSpec,
  SubjectAccessReview,
  SubjectAccessReviewSpec,
  SubjectAccessReviewStatus,
  SubjectRulesReviewStatus,
} from "../../../api/types/authorization_v1.ts";
import type { SelfSubjectReview, TokenReview } from "../../../api/types/authentication_v1.ts";
import { formatTime } from "../../../api/meta/time.ts";
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
  /** What would decide on a request of the user. */
  authorize(user: UserInfo, asked: SelfSubjectAccessReviewSpec): Promise<SubjectAccessReviewStatus>;
  /** What a user may do in a namespace. */
  rules(user: UserInfo, namespace: string): Promise<SubjectRulesReviewStatus>;
}

type Review = (answers: ReviewAnswers, context: RequestContext, request: CreateRequest) => Promise<KubeObject>;

/** By kind. */
export const reviews: Readonly<Record<string, Review>> = {
  TokenReview: reviewToken,
  // As upstream: of what was sent nothing comes back.
  SelfSubjectReview: async (_answers, { user }, { object: { apiVersion, kind } }) => {
    const metadata = { creationTimestamp: formatTime(Date.now()) };
    return { apiVersion, kind, metadata, status: { userInfo: userInfo(user) } } as SelfSubjectReview;
  },
  SubjectAccessReview: reviewAccess,
  LocalSubjectAccessReview: reviewLocalAccess,
  SelfSubjectAccessReview: async (answers, { user }, { object }) => {
    requireValidReview(object as SelfSubjectAccessReview);
    return decided(object, answers, user, (object as SelfSubjectAccessReview).spec);
  },
  SelfSubjectRulesReview: async (answers, { user }, { object }) => {
    const { namespace = "" } = (object as KubeObject & { spec?: { namespace?: string } }).spec ?? {};
    if (namespace === "") throw badRequest("no namespace on request");
    // As upstream, which does not repeat the question.
    return { ...object, spec: {}, status: await answers.rules(user, namespace) } as KubeObject;
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
    : { user: {}, error: "invalid bearer token" };
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
  spec: SelfSubjectAccessReviewSpec,
): Promise<KubeObject> {
  return { ...object, status: await answers.authorize(user, spec) } as KubeObject;
}

function subjectOf({ user = "", groups = [], uid, extra }: SubjectAccessReviewSpec): UserInfo {
  return { name: user, groups, ...(uid ? { uid } : {}), ...(extra ? { extra } : {}) };
}

function userInfo({ name, uid, groups, extra }: UserInfo) {
  return { username: name, ...(uid ? { uid } : {}), groups: [...groups], ...(extra ? { extra } : {}) };
}
