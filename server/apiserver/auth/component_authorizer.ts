import type { Authorizer, Decision } from "./authorizer.ts";
import { AUTHENTICATED_GROUP } from "./authenticator.ts";

const ALLOWED: Decision = { allowed: true };
const REFUSED: Decision = { allowed: false };

const components = new Set([
  "system:apiserver",
  "system:kube-controller-manager",
  "system:kube-scheduler",
]);

/** Upstream's role `system:public-info-viewer`: open to everyone. */
const publicPaths = new Set(["/healthz", "/livez", "/readyz", "/version", "/version/"]);

/** Upstream's role `system:discovery`: open to every authenticated user, with everything below. */
const discoveryPaths = ["/api", "/apis", "/healthz", "/livez", "/openapi", "/openid", "/readyz", "/version"];

/** Upstream's role `system:basic-user`: every authenticated user may ask about itself. */
const selfReviews: Readonly<Record<string, readonly string[]>> = {
  "authorization.k8s.io": ["selfsubjectaccessreviews", "selfsubjectrulesreviews"],
  "authentication.k8s.io": ["selfsubjectreviews"],
};

/**
 * Lets in the administrators, Skiff's own components and the nodes; every other user may discover the API, ask about itself, and no
 * more.
 */
export const componentAuthorizer: Authorizer = {
  authorize({ user, verb, resource, path }) {
    const groups = user.groups;
    if (groups.includes("system:masters") || components.has(user.name)) return ALLOWED;
    if (groups.includes("system:nodes") && user.name.startsWith("system:node:")) return ALLOWED;
    const authenticated = groups.includes(AUTHENTICATED_GROUP);
    if (resource !== undefined) {
      const own = verb === "create" && resource.subresource === "" &&
        selfReviews[resource.group]?.includes(resource.resource);
      return authenticated && own ? ALLOWED : REFUSED;
    }
    if (verb !== "get" && verb !== "head") return REFUSED;
    if (publicPaths.has(path)) return ALLOWED;
    const discovery = path === "/.well-known/openid-configuration" ||
      discoveryPaths.some((p) => path === p || path.startsWith(`${p}/`));
    return authenticated && discovery ? ALLOWED : REFUSED;
  },
};
