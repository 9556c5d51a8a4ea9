import type { SubjectAccessReviewSpec } from "../../../api/types/authorization_v1.ts";
import { celEnvironment, type CelType } from "../cel/environment.ts";

/** What conditions may read, as upstream declares it. */
const selector: CelType = { rawSelector: "string", requirements: "list<dyn>" };
const request: CelType = {
  resourceAttributes: {
    namespace: "string",
    verb: "string",
    group: "string",
    version: "string",
    resource: "string",
    subresource: "string",
    name: "string",
    fieldSelector: selector,
    labelSelector: selector,
  },
  nonResourceAttributes: { path: "string", verb: "string" },
  user: "string",
  groups: "list<string>",
  extra: "map<string, list<string>>",
  uid: "string",
};

/** Whether somebody is asked about a request at all: all conditions hold. Throws when that cannot be told. */
export type Matcher = (spec: SubjectAccessReviewSpec) => boolean;

/** Throws a CelError for the first that cannot be used. */
export function compileMatchConditions(expressions: readonly string[]): Matcher {
  const environment = celEnvironment({ request });
  const conditions = expressions.map((text) => environment.compile(text, "bool"));
  return (spec) => {
    const variables = { request: { uid: "", groups: [], extra: {}, ...spec } };
    let failure: unknown;
    for (const condition of conditions) {
      try {
        // One that says no decides, whatever is wrong with the others.
        if (condition.evaluate(variables) === false) return false;
      } catch (error) {
        failure ??= error;
      }
    }
    if (failure !== undefined) throw failure;
    return true;
  };
}
