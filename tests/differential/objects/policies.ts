import type { Specimen } from "./specimen.ts";

/** Of `CN=system:node:differential, O=system:nodes`, with a key that nobody has. */
const request = "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlIME1JR2NBZ0VBTURveEZUQVRCZ05WQkFvTURITjVjM1JsYlRw" +
  "dWIyUmxjekVoTUI4R0ExVUVBd3dZYzNsegpkR1Z0T201dlpHVTZaR2xtWm1WeVpXNTBhV0ZzTUZrd0V3WUhLb1pJemowQ0FRWUlL" +
  "b1pJemowREFRY0RRZ0FFCk0rZkxIUFllSHJERkI4cERqS3AvdzZieFpQRkw3eDBkaVVkVWt4TS9aVWpaZGZtU3JyeFk0aGNxOFov" +
  "eERmRjIKNlA3K04zVE85RE42UWpwWFlMTksyYUFBTUFvR0NDcUdTTTQ5QkFNQ0EwY0FNRVFDSUg1dFoxL3BlS1JrTnNQOQo2OEhQ" +
  "b2JMNmxPdFhXSmRFVUE4aUJCRi82MnNQQWlBbFMrNXdIazVxZVVUQXc4UXV1TXFaS2MxODAzdDJoNmpMCnZzaVVXRW1iVlE9PQot" +
  "LS0tLUVORCBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0K";

/** Of the same key, signed with it. */
const certificate =
  "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSUJiakNDQVJXZ0F3SUJBZ0lVQU5CS1FKRVA1TEJkN2ZsbzBvVjRJeXg2cE0w" +
  "d0NnWUlLb1pJemowRUF3SXcKRERFS01BZ0dBMVVFQXd3QllUQWdGdzB5TmpFeE16QXdPVFV5TURoYUdBOHlNVEkyTVRFd05qQTVO" +
  "VEl3T0ZvdwpEREVLTUFnR0ExVUVBd3dCWVRCWk1CTUdCeXFHU000OUFnRUdDQ3FHU000OUF3RUhBMElBQkRQbnl4ejJIaDZ3CnhR" +
  "ZktRNHlxZjhPbThXVHhTKzhkSFlsSFZKTVRQMlZJMlhYNWtxNjhXT0lYS3ZHZjhRM3hkdWorL2pkMHp2UXoKZWtJNlYyQ3pTdG1q" +
  "VXpCUk1CMEdBMVVkRGdRV0JCUWZZVk9GcWpJbVRuWSsyZEFRZmhhVE9LTEorREFmQmdOVgpIU01FR0RBV2dCUWZZVk9GcWpJbVRu" +
  "WSsyZEFRZmhhVE9LTEorREFQQmdOVkhSTUJBZjhFQlRBREFRSC9NQW9HCkNDcUdTTTQ5QkFNQ0EwY0FNRVFDSUhGSlFUK1B3WjZN" +
  "VWhyN3NUdmlPaHRuQi9obUZZcnBHdi9LSkJBMURFQ1IKQWlCNXBDektjZjJsaWpSdE1Fb0ZGMTQyYURXSHk4WFh5VU14SG9sbTNo" +
  "d1VFQT09Ci0tLS0tRU5EIENFUlRJRklDQVRFLS0tLS0K";

const rules = [{ operations: ["CREATE", "UPDATE"], apiGroups: ["x.io"], apiVersions: ["v1"], resources: ["things"] }];

/** Admission policies with all that they may have, and requests for certificates. */
export const policies: readonly Specimen[] = [
  {
    of: "admissionregistration.k8s.io/validatingadmissionpolicies",
    object: {
      spec: {
        paramKind: { apiVersion: "v1", kind: "ConfigMap" },
        matchConstraints: {
          matchPolicy: "Exact",
          namespaceSelector: { matchExpressions: [{ key: "a", operator: "In", values: ["b"] }] },
          objectSelector: { matchLabels: { never: "matches" } },
          resourceRules: [{ ...rules[0], resourceNames: ["a"], scope: "Namespaced" }],
          excludeResourceRules: [{ operations: ["*"], apiGroups: ["*"], apiVersions: ["*"], resources: ["*/*"] }],
        },
        matchConditions: [{ name: "example.com/a", expression: "request.userInfo.username != params.data.user" }],
        variables: [
          { name: "names", expression: "object.spec.parts.map(p, p.name)" },
          { name: "count", expression: "variables.names.size()" },
        ],
        validations: [{
          expression: "variables.count < 3 && authorizer.requestResource.check('use').allowed()",
          messageExpression: "'there are ' + string(variables.count)",
        }],
        auditAnnotations: [{ key: "k", valueExpression: "variables.count == 1 ? 'one' : 'more'" }],
      },
    },
    status: {
      observedGeneration: 1,
      typeChecking: { expressionWarnings: [{ fieldRef: "spec.validations[0].expression", warning: "no" }] },
      conditions: [{ type: "A", status: "True", lastTransitionTime: "2026-01-02T03:04:05Z", reason: "R", message: "" }],
    },
  },
  {
    of: "admissionregistration.k8s.io/validatingadmissionpolicybindings",
    object: {
      spec: {
        policyName: "p",
        validationActions: ["Warn", "Audit"],
        paramRef: { selector: { matchLabels: { a: "b" } }, namespace: "diff", parameterNotFoundAction: "Allow" },
        matchResources: { resourceRules: rules },
      },
    },
  },
  {
    of: "admissionregistration.k8s.io/mutatingadmissionpolicies",
    object: {
      spec: {
        reinvocationPolicy: "IfNeeded",
        matchConstraints: { resourceRules: rules },
        variables: [{ name: "one", expression: "1" }],
        mutations: [
          {
            patchType: "ApplyConfiguration",
            applyConfiguration: { expression: "Object{spec: Object.spec{size: variables.one, ?name: object.?name}}" },
          },
          {
            patchType: "JSONPatch",
            jsonPatch: {
              expression:
                "has(object.spec.x) ? [] : [JSONPatch{op: 'add', path: '/spec/' + jsonpatch.escapeKey('a/b'), value: 1}]",
            },
          },
        ],
      },
    },
  },
  {
    of: "admissionregistration.k8s.io/mutatingadmissionpolicybindings",
    object: {
      spec: {
        policyName: "p",
        paramRef: { name: "c", parameterNotFoundAction: "Deny" },
        matchResources: { resourceRules: rules },
      },
    },
  },
  {
    of: "certificates.k8s.io/certificatesigningrequests",
    object: {
      spec: {
        request,
        signerName: "example.com/signer",
        expirationSeconds: 3600,
        usages: ["digital signature", "client auth"],
        extra: { "example.com/a": ["b"] },
        groups: ["g"],
        username: "u",
        uid: "1",
      },
    },
    status: { certificate, conditions: [{ type: "Failed", status: "True", reason: "R", message: "m" }] },
  },
  {
    of: "certificates.k8s.io/certificatesigningrequests",
    object: { spec: { request, signerName: "kubernetes.io/kube-apiserver-client-kubelet", usages: ["client auth"] } },
    status: { conditions: [{ type: "Other", status: "Unknown" }] },
  },
];
