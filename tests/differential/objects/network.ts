import type { Specimen } from "./specimen.ts";

const app = { app: "a" };

/** Groups networking, discovery, node, RBAC, flow control, certificates and admission registration. */
export const network: readonly Specimen[] = [
  {
    of: "networking.k8s.io/ingressclasses",
    object: {
      spec: {
        controller: "example.com/ingress",
        parameters: { apiGroup: "example.com", kind: "Parameters", name: "p", scope: "Namespace", namespace: "diff" },
      },
    },
  },
  {
    of: "networking.k8s.io/ingresses",
    object: {
      spec: {
        ingressClassName: "c",
        defaultBackend: { service: { name: "s", port: { number: 80 } } },
        tls: [{ hosts: ["a.example.com", "*.example.com"], secretName: "s" }],
        rules: [{
          host: "a.example.com",
          http: {
            paths: [
              { path: "/", pathType: "Prefix", backend: { service: { name: "s", port: { name: "http" } } } },
              { path: "/exact", pathType: "Exact", backend: { resource: { apiGroup: "x.io", kind: "K", name: "n" } } },
            ],
          },
        }],
      },
    },
    status: { loadBalancer: { ingress: [{ ip: "192.0.2.1", ports: [{ port: 80, protocol: "TCP" }] }] } },
  },
  {
    of: "networking.k8s.io/networkpolicies",
    object: {
      spec: {
        podSelector: { matchLabels: app },
        policyTypes: ["Ingress", "Egress"],
        ingress: [{
          ports: [{ protocol: "TCP", port: 80, endPort: 90 }],
          from: [{ podSelector: { matchLabels: app }, namespaceSelector: {} }, {
            ipBlock: { cidr: "10.0.0.0/8", except: ["10.1.0.0/16"] },
          }],
        }],
        egress: [{ ports: [{ port: "dns", protocol: "UDP" }], to: [{ namespaceSelector: { matchLabels: app } }] }],
      },
    },
  },
  {
    of: "networking.k8s.io/ipaddresses",
    object: {
      metadata: { name: "10.99.0.1" },
      spec: { parentRef: { group: "", resource: "services", namespace: "diff", name: "s" } },
    },
  },
  {
    of: "networking.k8s.io/servicecidrs",
    object: { spec: { cidrs: ["10.99.0.0/24"] } },
    status: {
      conditions: [{
        type: "Ready",
        status: "True",
        reason: "Test",
        message: "",
        lastTransitionTime: "2026-01-02T03:04:05Z",
      }],
    },
  },
  {
    of: "discovery.k8s.io/endpointslices",
    object: {
      addressType: "IPv4",
      endpoints: [{
        addresses: ["10.1.2.3"],
        conditions: { ready: true, serving: true, terminating: false },
        hostname: "h",
        nodeName: "n",
        zone: "z",
        targetRef: { kind: "Pod", name: "p" },
        hints: { forZones: [{ name: "z" }] },
      }],
      ports: [{ name: "http", port: 80, protocol: "TCP", appProtocol: "http" }, { name: "dns", port: 53 }],
    },
  },
  {
    of: "node.k8s.io/runtimeclasses",
    object: {
      handler: "runc",
      overhead: { podFixed: { cpu: "10m", memory: "1Mi" } },
      scheduling: { nodeSelector: { a: "b" }, tolerations: [{ key: "k", operator: "Exists", effect: "NoSchedule" }] },
    },
  },
  {
    of: "rbac.authorization.k8s.io/roles",
    object: {
      rules: [{ apiGroups: [""], resources: ["pods", "pods/log"], verbs: ["get", "list"], resourceNames: ["a"] }],
    },
  },
  {
    of: "rbac.authorization.k8s.io/clusterroles",
    object: {
      rules: [{ apiGroups: ["apps"], resources: ["deployments"], verbs: ["*"] }, {
        nonResourceURLs: ["/healthz", "/x/*"],
        verbs: ["get"],
      }],
    },
  },
  {
    of: "rbac.authorization.k8s.io/clusterroles",
    object: {
      aggregationRule: { clusterRoleSelectors: [{ matchLabels: { aggregate: "true" } }] },
    },
  },
  {
    of: "rbac.authorization.k8s.io/rolebindings",
    object: {
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "view" },
      subjects: [
        { kind: "User", apiGroup: "rbac.authorization.k8s.io", name: "u" },
        { kind: "Group", name: "g" },
        { kind: "ServiceAccount", name: "s", namespace: "diff" },
      ],
    },
  },
  {
    of: "rbac.authorization.k8s.io/clusterrolebindings",
    object: {
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "view" },
      subjects: [{ kind: "User", name: "u" }, { kind: "ServiceAccount", name: "s", namespace: "diff" }],
    },
  },
  {
    of: "flowcontrol.apiserver.k8s.io/flowschemas",
    object: {
      spec: {
        priorityLevelConfiguration: { name: "workload-low" },
        matchingPrecedence: 500,
        distinguisherMethod: { type: "ByUser" },
        rules: [{
          subjects: [
            { kind: "User", user: { name: "u" } },
            { kind: "Group", group: { name: "g" } },
            { kind: "ServiceAccount", serviceAccount: { name: "s", namespace: "diff" } },
          ],
          resourceRules: [{ verbs: ["get"], apiGroups: [""], resources: ["pods"], namespaces: ["a"] }],
          nonResourceRules: [{ verbs: ["get"], nonResourceURLs: ["/healthz"] }],
        }],
      },
    },
    status: { conditions: [{ type: "Dangling", status: "False", reason: "Found" }] },
  },
  {
    of: "flowcontrol.apiserver.k8s.io/prioritylevelconfigurations",
    object: {
      spec: {
        type: "Limited",
        limited: {
          nominalConcurrencyShares: 10,
          lendablePercent: 50,
          borrowingLimitPercent: 100,
          limitResponse: { type: "Queue", queuing: { queues: 64, handSize: 6, queueLengthLimit: 50 } },
        },
      },
    },
    status: { conditions: [{ type: "Test", status: "False" }] },
  },
  {
    of: "flowcontrol.apiserver.k8s.io/prioritylevelconfigurations",
    object: { spec: { type: "Exempt", exempt: { nominalConcurrencyShares: 0, lendablePercent: 50 } } },
  },
  {
    of: "admissionregistration.k8s.io/mutatingwebhookconfigurations",
    object: {
      webhooks: [{
        name: "a.example.com",
        clientConfig: { service: { name: "s", namespace: "diff", path: "/p", port: 443 } },
        rules: [{
          operations: ["CREATE", "UPDATE"],
          apiGroups: [""],
          apiVersions: ["v1"],
          resources: ["configmaps"],
          scope: "Namespaced",
        }],
        failurePolicy: "Ignore",
        matchPolicy: "Exact",
        namespaceSelector: { matchLabels: { never: "matches" } },
        objectSelector: { matchLabels: { never: "matches" } },
        sideEffects: "None",
        timeoutSeconds: 5,
        admissionReviewVersions: ["v1"],
        reinvocationPolicy: "IfNeeded",
        matchConditions: [{ name: "c", expression: "true" }],
      }],
    },
  },
  {
    of: "admissionregistration.k8s.io/validatingwebhookconfigurations",
    object: {
      webhooks: [{
        name: "a.example.com",
        clientConfig: { url: "https://example.com/validate" },
        rules: [{ operations: ["*"], apiGroups: ["x.io"], apiVersions: ["*"], resources: ["things", "things/status"] }],
        sideEffects: "NoneOnDryRun",
        admissionReviewVersions: ["v1", "v1beta1"],
      }],
    },
  },
  {
    of: "admissionregistration.k8s.io/validatingadmissionpolicies",
    object: {
      spec: {
        failurePolicy: "Fail",
        matchConstraints: {
          resourceRules: [{ operations: ["CREATE"], apiGroups: ["x.io"], apiVersions: ["v1"], resources: ["things"] }],
        },
        matchConditions: [{ name: "c", expression: "true" }],
        variables: [{ name: "v", expression: "1" }],
        validations: [{ expression: "variables.v == 1", message: "no", reason: "Forbidden" }],
        auditAnnotations: [{ key: "k", valueExpression: "'v'" }],
      },
    },
    status: { observedGeneration: 1 },
  },
  {
    of: "admissionregistration.k8s.io/validatingadmissionpolicybindings",
    object: { spec: { policyName: "p", validationActions: ["Deny", "Audit"] } },
  },
  {
    of: "admissionregistration.k8s.io/mutatingadmissionpolicies",
    object: {
      spec: {
        failurePolicy: "Fail",
        reinvocationPolicy: "Never",
        matchConstraints: {
          resourceRules: [{ operations: ["CREATE"], apiGroups: ["x.io"], apiVersions: ["v1"], resources: ["things"] }],
        },
        mutations: [{ patchType: "JSONPatch", jsonPatch: { expression: "[JSONPatch{op: 'test'}]" } }],
      },
    },
  },
  {
    of: "admissionregistration.k8s.io/mutatingadmissionpolicybindings",
    object: { spec: { policyName: "p" } },
  },
];
