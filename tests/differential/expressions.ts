import { compare } from "./compare.ts";
import { inParallel, type SuiteOptions } from "./suite.ts";

/** Expressions of our tests, of all kinds of rightness. */
const file = new URL("../../server/apiserver/cel/testdata/compiled.txt", import.meta.url);
const group = "admissionregistration.k8s.io";
const matchConstraints = {
  resourceRules: [{ operations: ["CREATE"], apiGroups: ["x.io"], apiVersions: ["v1"], resources: ["things"] }],
};
const paramKind = { apiVersion: "v1", kind: "ConfigMap" };

/** Policies that hold an expression, by their resource. */
const policies: Readonly<Record<string, (expression: string) => object>> = {
  validatingadmissionpolicies: (expression) => ({ paramKind, matchConstraints, validations: [{ expression }] }),
  mutatingadmissionpolicies: (expression) => ({
    paramKind,
    matchConstraints,
    reinvocationPolicy: "Never",
    mutations: [{ patchType: "JSONPatch", jsonPatch: { expression } }],
  }),
};

/** What both sides say of CEL expressions: their faults, and the types of those that are not of the type that is asked for. */
export async function compareExpressions({ sides, report, focus, share, random, progress }: SuiteOptions) {
  const lines = (await Deno.readTextFile(file)).trimEnd().split("\n");
  const expressions = lines.map((line) => line.slice(0, line.lastIndexOf(" | "))).filter(() => random() < share);
  for (const [resource, specOf] of Object.entries(policies)) {
    const of = `${group}/${resource}`;
    if (!focus.test(of)) continue;
    await inParallel(expressions, async (expression) => {
      const request = {
        method: "POST",
        path: `/apis/${group}/v1/${resource}?dryRun=All`,
        body: { metadata: { name: "expressions" }, spec: specOf(expression) },
      };
      const [theirs, ours] = await Promise.all([sides.theirs.send(request), sides.ours.send(request)]);
      report.add(compare(theirs, ours), { of, what: "create", sent: expression });
    });
    progress(`expressions of ${resource}: ${report.summary()}`);
  }
}
