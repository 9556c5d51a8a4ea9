import { describe, expect, it } from "vitest";
import type { KubeObject, Resource } from "../../../api/resource.ts";
import * as resources from "../../../api/resources.ts";
import type { StatusError } from "../../../api/status.ts";
import type { Pod } from "../../../api/types/core_v1.ts";
import { copyOf, minimalPod, TestRegistry } from "../registry/_testing.ts";

const main = { name: "main", image: "busybox" };
const labels = { app: "a" };
const selector = { matchLabels: labels };
const template = { metadata: { labels }, spec: { containers: [main] } };
const resourceOf = resources as unknown as Record<string, Resource>;

/** What is wrong with what, and what the answer says of it. */
const refused: readonly (readonly [string, object, ...string[]])[] = [
  ["pods", { spec: {} }, "spec.containers: Required value"],
  ["pods", { spec: { containers: [{ name: "main" }] } }, "spec.containers[0].image: Required value"],
  ["pods", { spec: { containers: [main, main] } }, 'spec.containers[1].name: Duplicate value: "main"'],
  ["pods", { spec: { containers: [{ ...main, name: "Not_OK" }] } }, "spec.containers[0].name: Invalid value"],
  [
    "pods",
    { spec: { containers: [{ ...main, volumeMounts: [{ name: "x", mountPath: "/x" }] }] } },
    'spec.containers[0].volumeMounts[0].name: Not found: "x"',
  ],
  [
    "pods",
    { spec: { containers: [main], volumes: [{ name: "v", emptyDir: {}, hostPath: { path: "/" } }] } },
    "spec.volumes[0].hostPath: Forbidden: may not specify more than 1 volume type",
  ],
  [
    "pods",
    { spec: { containers: [{ ...main, ports: [{ containerPort: 70_000 }] }] } },
    "spec.containers[0].ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive",
  ],
  [
    "pods",
    { spec: { containers: [{ ...main, resources: { requests: { cpu: "2" }, limits: { cpu: "1" } } }] } },
    'spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1',
  ],
  [
    "pods",
    { spec: { containers: [{ ...main, resources: { limits: { cpu: "much" } } }] } },
    "spec.containers[0].resources.limits[cpu]: Invalid value",
  ],
  ...([
    [
      { resources: { limits: { "example.com/gpu": "1500m" } } },
      'resources.limits[example.com/gpu]: Invalid value: "1500m": must be an integer',
    ],
    [
      { resources: { requests: { "example.com/gpu": "1" } } },
      "resources.limits: Required value: Limit must be set for non overcommitable resources",
    ],
    [
      { resources: { requests: { gpus: "1" } } },
      'resources.requests[gpus]: Invalid value: "gpus": must be a standard resource for containers',
    ],
    [
      { resources: { limits: { "hugepages-2Mi": "3Mi", cpu: "1" } } },
      "is not positive integer multiple of hugepages-2Mi",
    ],
    [{ resources: { limits: { "hugepages-2Mi": "2Mi" } } }, "resources: Forbidden: HugePages require cpu or memory"],
    [
      { resources: { claims: [{ name: "c" }] } },
      'resources.claims[0]: Not found: "c": must be one of the names in pod.spec.resourceClaims which is empty',
    ],
    [
      { resizePolicy: [{ resourceName: "gpu", restartPolicy: "NotRequired" }] },
      'resizePolicy: Unsupported value: "gpu": supported values: "cpu", "memory"',
    ],
    [
      { restartPolicyRules: [{ action: "Restart", exitCodes: { operator: "In", values: [1] } }] },
      "restartPolicy: Required value: must specify restartPolicy when restart rules are used",
    ],
    [
      { restartPolicy: "Always", restartPolicyRules: [{ action: "Stop" }] },
      'restartPolicyRules[0].action: Unsupported value: "Stop": supported values: "Restart", "RestartAllContainers"',
      "restartPolicyRules[0].exitCodes: Required value: must be specified",
    ],
  ] as const).map(([container, ...messages]) =>
    [
      "pods",
      { spec: { containers: [{ ...main, ...container }] } },
      ...messages.map((message) => message.startsWith("is ") ? message : `spec.containers[0].${message}`),
    ] as const
  ),
  ...([
    [{ resources: { requests: { cpu: "1" }, claims: [{ name: "c" }] } }, "resources.claims: Forbidden"],
    [
      { resources: { limits: { storage: "1" } } },
      'resources.limits[storage]: Unsupported value: "storage": supported values: "cpu", "hugepages-", "memory"',
    ],
    [
      { resources: { limits: { cpu: "1" } }, containers: [{ ...main, resources: { limits: { cpu: "2" } } }] },
      'resources.containers[0][cpu].limits: Invalid value: "2": must be less than or equal to pod limits of 1',
    ],
    [{ schedulingGates: [{ name: "a" }, { name: "a" }] }, 'schedulingGates[1]: Duplicate value: "a"'],
    [
      { schedulingGates: [{ name: "a" }], nodeName: "n" },
      "nodeName: Forbidden: cannot be set until all schedulingGates",
    ],
    [{ dnsConfig: { nameservers: ["x"] } }, 'dnsConfig.nameservers[0]: Invalid value: "x": must be a valid IP address'],
    [{ dnsPolicy: "None" }, "dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None"],
    [{ dnsConfig: { searches: ["A"] } }, 'dnsConfig.searches[0]: Invalid value: "A"'],
    [{ hostAliases: [{ ip: "x" }] }, 'hostAliases[0].ip: Invalid value: "x": must be a valid IP address'],
    [
      { hostnameOverride: "a", hostNetwork: true },
      "hostnameOverride: Forbidden: may not be specified when hostNetwork",
    ],
    [{ resourceClaims: [{ name: "c" }] }, "must specify one of: `resourceClaimName`, `resourceClaimTemplateName`"],
    [{ ephemeralContainers: [{ name: "e", image: "i" }] }, "ephemeralContainers: Forbidden: cannot be set on create"],
    [
      {
        initContainers: [{
          ...main,
          name: "init",
          resizePolicy: [{ resourceName: "cpu", restartPolicy: "RestartContainer" }],
        }],
      },
      "must not be set to 'RestartContainer' for non-sidecar initContainers",
    ],
  ] as const).map(([spec, message]) =>
    [
      "pods",
      { spec: { containers: [main], ...spec } },
      message.startsWith("must ") ? message : `spec.${message}`,
    ] as const
  ),
  ["pods", { spec: { containers: [main], restartPolicy: "Sometimes" } }, "spec.restartPolicy: Unsupported value"],
  [
    "pods",
    { spec: { containers: [{ ...main, livenessProbe: {} }] } },
    "spec.containers[0].livenessProbe: Required value: must specify a handler type",
  ],
  [
    "pods",
    {
      spec: {
        containers: [{
          ...main,
          env: [{ name: "A", value: "x", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } }],
        }],
      },
    },
    "spec.containers[0].env[0].valueFrom: Invalid value",
  ],
  [
    "pods",
    { spec: { containers: [main], tolerations: [{ operator: "Equal", value: "x" }] } },
    "spec.tolerations[0].operator: Invalid value",
  ],
  ["pods", { spec: { containers: [main], priorityClassName: "none" } }, "no PriorityClass with name none was found"],
  ["pods", { spec: { containers: [main], serviceAccountName: "none" } }, 'serviceaccount "none" not found'],
  ["deployments", { spec: { template } }, "spec.selector: Required value"],
  [
    "deployments",
    { spec: { selector: { matchLabels: { app: "b" } }, template } },
    "spec.template.metadata.labels: Invalid value",
    "`selector` does not match template `labels`",
  ],
  [
    "deployments",
    { spec: { selector, template, replicas: -1 } },
    "spec.replicas: Invalid value: -1: must be greater than or equal to 0",
  ],
  [
    "deployments",
    { spec: { selector, template, strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 0 } } } },
    "may not be 0 when `maxSurge` is 0",
  ],
  [
    "deployments",
    { spec: { selector, template: { ...template, spec: { ...template.spec, restartPolicy: "Never" } } } },
    'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
  ],
  ["jobs", { spec: { template } }, "spec.template.spec.restartPolicy: Required value"],
  [
    "cronjobs",
    { spec: { schedule: "now", jobTemplate: { spec: { template } } } },
    'spec.schedule: Invalid value: "now"',
  ],
  ["services", { spec: {} }, "spec.ports: Required value"],
  ["services", { spec: { ports: [{ port: 80 }, { port: 81 }] } }, "spec.ports[0].name: Required value"],
  ["services", { spec: { ports: [{ port: 80 }], type: "Best" } }, "spec.type: Unsupported value"],
  [
    "services",
    { spec: { ports: [{ port: 80 }], clusterIP: "1.2.3.4" } },
    "the provided IP (1.2.3.4) is not in the valid range",
  ],
  ["services", { spec: { ports: [{ port: 80, nodePort: 30000 }] } }, "spec.ports[0].nodePort: Forbidden"],
  ["services", { spec: { ports: [{ port: 80 }], loadBalancerClass: "x/y" } }, "spec.loadBalancerClass: Forbidden"],
  [
    "services",
    { spec: { type: "ExternalName", externalName: "a.b", clusterIP: "10.43.0.9" } },
    "spec.clusterIPs: Forbidden",
  ],
  ["services", { spec: { type: "ExternalName" } }, "spec.externalName: Required value"],
  ["configmaps", { data: { "a/b": "x" } }, "data[a/b]: Invalid value"],
  ["configmaps", { data: { a: "x".repeat(1024 * 1024 + 1) } }, "Too long"],
  ["secrets", { type: "kubernetes.io/tls", data: {} }, "data[tls.crt]: Required value"],
  [
    "secrets",
    { type: "kubernetes.io/ssh-auth", stringData: { "ssh-privatekey": "" } },
    "data[ssh-privatekey]: Required",
  ],
  [
    "secrets",
    { type: "kubernetes.io/dockercfg", stringData: { ".dockercfg": "[]" } },
    'data[.dockercfg]: Invalid value: "<secret contents redacted>": json: cannot unmarshal array into Go value of type map[string]interface {}',
  ],
  [
    "secrets",
    { type: "kubernetes.io/dockerconfigjson", stringData: { ".dockerconfigjson": "" } },
    "unexpected end of JSON input",
  ],
  [
    "storageclasses",
    {
      provisioner: "a",
      allowedTopologies: [
        { matchLabelExpressions: [{ key: "zone", values: ["a", "b"] }] },
        { matchLabelExpressions: [{ key: "zone", values: ["b", "a"] }] },
        { matchLabelExpressions: [{ key: "", values: [] }, { key: "rack", values: ["x", "x"] }] },
      ],
    },
    "allowedTopologies[1].matchLabelExpressions: Duplicate value",
    "allowedTopologies[2].matchLabelExpressions[0].values: Required value",
    "allowedTopologies[2].matchLabelExpressions[0].key: Invalid value",
    "allowedTopologies[2].matchLabelExpressions[1].values[1]: Duplicate value",
  ],
  ["namespaces", { metadata: { name: "a.b" } }, "metadata.name: Invalid value"],
  ["nodes", { spec: { taints: [{ key: "a", effect: "Never" }] } }, "metadata.taints[0].effect: Unsupported value"],
  ["persistentvolumeclaims", { spec: {} }, "spec.accessModes: Required value"],
  [
    "persistentvolumes",
    { spec: { accessModes: ["ReadWriteOnce"], capacity: { storage: "1Gi" } } },
    "must specify a volume type",
  ],
  ["ingresses", { spec: {} }, "either `defaultBackend` or `rules` must be specified"],
  ["networkpolicies", { spec: { podSelector: {}, ingress: [{ from: [{}] }] } }, "must specify a peer"],
  ["rolebindings", { roleRef: { kind: "Role" } }, "roleRef.name: Required value"],
  ["roles", { rules: [{ apiGroups: [""], resources: ["pods"] }] }, "rules[0].verbs: Required value"],
  ["priorityclasses", { value: 2_000_000_001 }, "maximum allowed value of a user defined priority is 1000000000"],
  ["poddisruptionbudgets", { spec: { minAvailable: 1, maxUnavailable: 1 } }, "cannot be both set"],
  [
    "horizontalpodautoscalers",
    { spec: { maxReplicas: 0 } },
    "spec.maxReplicas: Required value: must be set and greater than 0",
  ],
  ["endpointslices", { addressType: "IPv4", endpoints: [{ addresses: [] }] }, "endpoints[0].addresses: Required value"],
  ["events", { involvedObject: { namespace: "other" } }, "does not match event.namespace"],
  ["runtimeclasses", {}, "handler: Required value"],
  ["volumeattachments", { spec: { attacher: "x", source: {} } }, "spec.nodeName: Invalid value"],
  ["validatingadmissionpolicies", { spec: { failurePolicy: "Shrug" } }, "spec.failurePolicy: Unsupported value"],
  ["configmaps", { metadata: { labels: { "a b": "c" } } }, "metadata.labels: Invalid value"],
  ["configmaps", { metadata: { finalizers: ["plain"] } }, "metadata.finalizers[0]: Invalid value"],
  [
    "configmaps",
    { metadata: { ownerReferences: [{ kind: "Pod" }] } },
    "metadata.ownerReferences.uid: Invalid value",
  ],
  [
    "pods",
    {
      spec: {
        containers: [main],
        hostNetwork: true,
        securityContext: {
          runAsUser: -1,
          fsGroup: 2 ** 31,
          fsGroupChangePolicy: "Never",
          sysctls: [{ name: "foo-", value: "1" }, { name: "net/core/somaxconn", value: "1" }, { name: "", value: "1" }],
          seccompProfile: { type: "Localhost" },
          appArmorProfile: { type: "Unconfined", localhostProfile: "x" },
        },
      },
    },
    "spec.securityContext.runAsUser: Invalid value: -1: must be between 0 and 2147483647, inclusive",
    "spec.securityContext.fsGroup: Invalid value: 2147483648",
    'spec.securityContext.fsGroupChangePolicy: Unsupported value: "Never"',
    'spec.securityContext.sysctls[0].name: Invalid value: "foo-": must have at most 253 characters and match regex',
    "spec.securityContext.sysctls[1].name: Invalid value: \"net/core/somaxconn\": may not be specified when 'hostNetwork' is true",
    "spec.securityContext.sysctls[2].name: Required value",
    "spec.securityContext.seccompProfile.localhostProfile: Required value: must be set when seccomp type is Localhost",
    'spec.securityContext.appArmorProfile.localhostProfile: Invalid value: "x": can only be set when AppArmor type is Localhost',
  ],
  [
    "pods",
    {
      spec: {
        containers: [{
          ...main,
          securityContext: {
            allowPrivilegeEscalation: false,
            privileged: true,
            procMount: "Some",
            seccompProfile: { type: "Localhost", localhostProfile: "/etc/x" },
          },
        }],
      },
    },
    "cannot set `allowPrivilegeEscalation` to false and `privileged` to true",
    'spec.containers[0].securityContext.procMount: Unsupported value: "Some"',
    'spec.containers[0].securityContext.seccompProfile.localhostProfile: Invalid value: "/etc/x": must be a relative path',
  ],
  [
    "ingresses",
    {
      metadata: { annotations: { "kubernetes.io/ingress.class": "other" } },
      spec: {
        ingressClassName: "mine",
        rules: [
          { host: "10.0.0.1", http: { paths: [] } },
          {
            host: "a.*.example.com",
            http: {
              paths: [
                {
                  path: "/a//b/..",
                  pathType: "Exact",
                  backend: { service: { name: "Web", port: { name: "http", number: 80 } } },
                },
                { path: "x", pathType: "ImplementationSpecific", backend: { resource: { kind: "a/b", name: "n" } } },
                { path: "/", pathType: "Sometimes", backend: { service: { name: "1web", port: {} } } },
              ],
            },
          },
        ],
        tls: [{ hosts: ["*"], secretName: "Not OK" }],
      },
    },
    'spec.rules[0].host: Invalid value: "10.0.0.1": must be a DNS name, not an IP address',
    "spec.rules[0].http.paths: Required value",
    'spec.rules[1].host: Invalid value: "a.*.example.com": a wildcard DNS-1123 subdomain',
    `spec.rules[1].http.paths[0].path: Invalid value: "/a//b/..": must not contain '//'`,
    `spec.rules[1].http.paths[0].path: Invalid value: "/a//b/..": cannot end with '/..'`,
    'spec.rules[1].http.paths[0].backend.service.name: Invalid value: "Web"',
    'spec.rules[1].http.paths[0].backend: Invalid value: "": cannot set both port name & port number',
    'spec.rules[1].http.paths[1].path: Invalid value: "x": must be an absolute path',
    `spec.rules[1].http.paths[1].backend.resource.kind: Invalid value: "a/b": may not contain '/'`,
    'spec.rules[1].http.paths[2].pathType: Unsupported value: "Sometimes"',
    "spec.rules[1].http.paths[2].backend: Required value: port name or number is required",
    'spec.tls[0].hosts[0]: Invalid value: "*"',
    'spec.tls[0].secretName: Invalid value: "Not OK"',
    'annotations.kubernetes.io/ingress.class: Invalid value: "other": must match `ingressClassName` when both are specified',
  ],
  [
    "services",
    {
      spec: {
        externalIPs: ["127.0.0.1", "10.0.0.010"],
        ports: [{ port: 80, appProtocol: "a b" }],
        loadBalancerSourceRanges: ["10.0.0.0/8"],
        loadBalancerClass: "x",
        healthCheckNodePort: 30_000,
        trafficDistribution: "Anywhere",
      },
    },
    'spec.externalIPs[0]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
    'spec.externalIPs[1]: Invalid value: "10.0.0.010": must not have leading 0s',
    'spec.ports[0].appProtocol: Invalid value: "a b"',
    "spec.LoadBalancerSourceRanges: Forbidden: may only be used when `type` is 'LoadBalancer'",
    "spec.loadBalancerClass: Forbidden: may only be used when `type` is 'LoadBalancer'",
    "spec.healthCheckNodePort: Invalid value: 30000: may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'",
    'spec.trafficDistribution: Unsupported value: "Anywhere"',
  ],
  [
    "services",
    { spec: { externalTrafficPolicy: "Local", ports: [{ port: 80 }] } },
    'spec.externalTrafficPolicy: Invalid value: "Local": may only be set for externally-accessible services',
  ],
  [
    "services",
    { spec: { type: "ExternalName", ipFamilies: ["IPv4"], externalName: "a_b" } },
    "spec.ipFamilies: Forbidden: may not be set for ExternalName services",
    'spec.externalName: Invalid value: "a_b"',
  ],
  [
    "services",
    {
      spec: {
        type: "NodePort",
        ports: [{ name: "a", port: 80, nodePort: 30_007 }, { name: "b", port: 81, nodePort: 30_007 }],
      },
    },
    "spec.ports[1].nodePort: Duplicate value: 30007",
  ],
  [
    "networkpolicies",
    {
      spec: {
        podSelector: {},
        ingress: [{
          from: [
            { ipBlock: { cidr: "10.0.0.1/8" } },
            { ipBlock: { cidr: "10.0.0.0/8", except: ["11.0.0.0/16", "10.0.0.0/8", "10.1.0.0/16"] } },
          ],
          ports: [{ port: "http", endPort: 5 }, { endPort: 5 }, { port: 80, endPort: 70_000 }],
        }],
      },
    },
    'spec.ingress[0].from[0].ipBlock.cidr: Invalid value: "10.0.0.1/8": must not have bits set beyond the prefix length',
    'spec.ingress[0].from[1].ipBlock.except[0]: Invalid value: "11.0.0.0/16": must be a strict subset of `cidr`',
    'spec.ingress[0].from[1].ipBlock.except[1]: Invalid value: "10.0.0.0/8": must be a strict subset of `cidr`',
    "spec.ingress[0].ports[0].endPort: Invalid value: 5: may not be specified when `port` is non-numeric",
    "spec.ingress[0].ports[1].endPort: Invalid value: 5: may not be specified when `port` is not specified",
    "spec.ingress[0].ports[2].endPort: Invalid value: 70000: must be between 1 and 65535, inclusive",
  ],
  [
    "ingressclasses",
    { spec: { controller: "acme", parameters: { kind: "a/b", scope: "Namespace" } } },
    'spec.controller: Invalid value: "acme": must be a domain-prefixed path (such as "acme.io/foo")',
    `spec.parameters.kind: Invalid value: "a/b": may not contain '/'`,
    "spec.parameters.name: Required value",
    "spec.parameters.namespace: Required value: `parameters.scope` is set to 'Namespace'",
  ],
  [
    "ingressclasses",
    { spec: { parameters: { kind: "k", name: "n", namespace: "x" } } },
    "spec.controller: Required value",
    "spec.parameters.namespace: Forbidden: `parameters.scope` is set to 'Cluster'",
  ],
  [
    "runtimeclasses",
    {
      handler: "Not OK",
      overhead: { podFixed: { cpu: "-1" } },
      scheduling: { tolerations: [{ key: "a" }, { key: "a" }] },
    },
    'handler: Invalid value: "Not OK"',
    'overhead.limits[cpu]: Invalid value: "-1": must be greater than or equal to 0',
    "scheduling.tolerations[1]: Duplicate value",
  ],
  [
    "csidrivers",
    { spec: { tokenRequests: [{ audience: "a" }, { audience: "a" }, { audience: "b", expirationSeconds: 5 }] } },
    'spec.tokenRequests[1].audience: Duplicate value: "a"',
    "spec.tokenRequests[2].expirationSeconds: Invalid value: 5: may not specify a duration less than 10 minutes",
  ],
  [
    "csinodes",
    { spec: { drivers: [{ name: "a", nodeID: "" }, { name: "a", nodeID: "n", topologyKeys: ["x", "x"] }] } },
    "spec.drivers[0].nodeID: Required value",
    'spec.drivers[1].name: Duplicate value: "a"',
    'spec.drivers[1]: Duplicate value: "x"',
  ],
  [
    "csistoragecapacities",
    { storageClassName: "", capacity: "-1" },
    'storageClassName: Invalid value: ""',
    'capacity: Invalid value: "-1": must be greater than or equal to 0',
  ],
  [
    "volumeattachments",
    { spec: { attacher: "", nodeName: "n", source: {} } },
    "spec.attacher: Required value",
    "spec.source: Required value: must specify exactly one of inlineVolumeSpec and persistentVolumeName",
  ],
  ["storageclasses", { provisioner: "a b" }, 'provisioner: Invalid value: "a b"'],
  [
    "volumeattributesclasses",
    { driverName: "d" },
    "parameters: Required value: must contain at least one key/value pair",
  ],
  ["servicecidrs", { spec: {} }, "spec.cidrs: Required value: at least one CIDR required"],
  [
    "servicecidrs",
    { spec: { cidrs: ["10.1.0.0/33", "10.1.2.0/16"] } },
    'spec.cidrs[0]: Invalid value: "10.1.0.0/33": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
    'spec.cidrs[1]: Invalid value: "10.1.2.0/16": must not have bits set beyond the prefix length',
  ],
  [
    "servicecidrs",
    { spec: { cidrs: ["2001:DB8::/64"] } },
    'spec.cidrs[0]: Invalid value: "2001:DB8::/64": must be in canonical form ("2001:db8::/64")',
  ],
  [
    "servicecidrs",
    { spec: { cidrs: ["10.1.0.0/16", "10.2.0.0/16"] } },
    "may specify no more than one IP for each IP family",
  ],
  [
    "ipaddresses",
    { metadata: { name: "10.0.0.01" }, spec: { parentRef: { resource: "a/b", name: "x" } } },
    'metadata.name: Invalid value: "10.0.0.01": must not have leading 0s',
    `spec.parentRef.resource: Invalid value: "a/b": may not contain '/'`,
  ],
  [
    "ipaddresses",
    { metadata: { name: "::ffff:10.0.0.1" }, spec: {} },
    "must not be an IPv4-mapped IPv6 address",
    "spec.parentRef: Required value",
  ],
];

const wrongNames: typeof refused = [
  [
    "endpoints",
    { subsets: [{ addresses: [{ ip: "127.0.0.1" }] }] },
    'subsets[0].addresses[0].ip: Invalid value: "127.0.0.1": may not be in the loopback range',
  ],
  [
    "endpoints",
    { subsets: [{ addresses: [{ ip: "10.1.2.3", hostname: "Not_OK" }], ports: [{ port: 80, appProtocol: "a b" }] }] },
    'subsets[0].addresses[0].hostname: Invalid value: "Not_OK"',
    'subsets[0].ports[0].appProtocol: Invalid value: "a b"',
  ],
  [
    "namespaces",
    { spec: { finalizers: ["mine"] } },
    'spec.finalizers: Invalid value: "mine": name is neither a standard finalizer name nor is it fully qualified',
  ],
  [
    "poddisruptionbudgets",
    { spec: { selector: { matchExpressions: [{ key: "a", operator: "Like" }, { key: "b", operator: "In" }] } } },
    'spec.selector.matchExpressions[0].operator: Invalid value: "Like": not a valid selector operator',
    "spec.selector.matchExpressions[1].values: Required value: must be specified when `operator` is 'In' or 'NotIn'",
  ],
  [
    "flowschemas",
    { spec: { priorityLevelConfiguration: { name: "a" }, matchingPrecedence: 10_001 } },
    "spec.matchingPrecedence: Invalid value: 10001: must not be greater than 10000",
  ],
  [
    "prioritylevelconfigurations",
    { spec: { type: "Limited" } },
    "spec.limited: Required value: must not be empty when type is Limited",
  ],
];

describe("validation refuses", () => {
  for (const [resource, fields, ...messages] of [...refused, ...wrongNames]) {
    it(`${resource}: ${messages[0]}`, async () => {
      await using test = await TestRegistry.open();
      const { metadata, ...rest } = fields as Partial<KubeObject>;
      const namespaced = resourceOf[resource]!.namespaced ? { namespace: "default" } : {};
      const object = { metadata: { name: "a", ...namespaced, ...metadata }, ...rest };
      const error: StatusError = await test.client.create(resourceOf[resource]!, object).then(() => {
        throw new Error("it was accepted");
      }, (error) => error);
      for (const message of messages) expect(error.message).toContain(message);
    });
  }
});

describe("a Pod's update", () => {
  const update = async (change: (pod: Pod) => void, fields: Partial<Pod["spec"]> = {}): Promise<string> => {
    await using test = await TestRegistry.open();
    const pod = copyOf(await test.client.create(resources.pods, minimalPod("a", fields)));
    change(pod);
    return await test.client.update(resources.pods, pod).then(() => "accepted", (error: StatusError) => error.message);
  };

  it("may change images, shorten a deadline and add tolerations", async () => {
    expect(await update(({ spec }) => spec.containers[0]!.image = "other")).toBe("accepted");
    expect(await update(({ spec }) => spec.activeDeadlineSeconds = 5, { activeDeadlineSeconds: 9 })).toBe("accepted");
    expect(await update(({ spec }) => void spec.tolerations!.push({ key: "a", operator: "Exists" }))).toBe("accepted");
  });

  it("may change nothing else", async () => {
    const words = "pod updates may not change fields other than";
    expect(await update(({ spec }) => spec.containers[0]!.command = ["x"])).toContain(words);
    expect(await update(({ spec }) => spec.nodeName = "elsewhere")).toContain(words);
    expect(await update(({ spec }) => spec.hostname = "x")).toContain(words);
    expect(await update(({ spec }) => spec.activeDeadlineSeconds = 10, { activeDeadlineSeconds: 9 }))
      .toContain("must be less than or equal to previous value");
    expect(await update(({ spec }) => void spec.containers.push({ name: "b", image: "b" })))
      .toContain("pod updates may not add or remove containers");
    const tolerations = [{ key: "a", operator: "Exists" }];
    expect(await update(({ spec }) => void spec.tolerations!.shift(), { tolerations })).toContain(
      "existing toleration can not be modified",
    );
  });

  it("gives back the tolerations that every Pod has", async () => {
    await using test = await TestRegistry.open();
    const pod = copyOf(await test.client.create(resources.pods, minimalPod("a")));
    pod.spec.tolerations = [{ key: "a", operator: "Exists", effect: "NoSchedule" }];
    const { spec } = await test.client.update(resources.pods, pod);
    const keys = spec.tolerations?.map(({ key }) => key);
    expect(keys).toEqual(["a", "node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"]);
  });
});

describe("immutable things", () => {
  it("stay as they are", async () => {
    await using test = await TestRegistry.open();
    const target = { name: "a", namespace: "default" };
    const frozen = { metadata: target, immutable: true, data: { a: "b" } };
    const map = await test.client.create(resources.configmaps, frozen);
    await expect(test.client.update(resources.configmaps, { ...copyOf(map), data: {} })).rejects.toThrow(
      "field is immutable when `immutable` is set",
    );
    const deployment = await test.client.create(resources.deployments, {
      metadata: target,
      spec: { selector, template: structuredClone(template) },
    });
    const other = copyOf(deployment);
    other.spec.selector = other.spec.template.metadata!.labels = { matchLabels: { app: "b" } } as never;
    await expect(test.client.update(resources.deployments, other)).rejects.toThrow("spec.selector: Invalid value");
  });

  const attacher = "driver.example.com";
  const source = { persistentVolumeName: "pv" };
  /** Kind, what it is made as, a merge patch, and what the refusal says; `""` for a patch that is taken. */
  const patches: readonly (readonly [string, object, object, string])[] = [
    [
      "ingressclasses",
      { spec: { controller: "a.b/c" } },
      { spec: { controller: "a.b/d" } },
      'spec.controller: Invalid value: "a.b/d": field is immutable',
    ],
    ["runtimeclasses", { handler: "a" }, { handler: "b" }, 'handler: Invalid value: "b": field is immutable'],
    [
      "csidrivers",
      { spec: {} },
      { spec: { attachRequired: false } },
      "spec.attachedRequired: Invalid value: false: field is immutable",
    ],
    ["csidrivers", { spec: {} }, { spec: { podInfoOnMount: true } }, ""],
    [
      "csinodes",
      { spec: { drivers: [{ name: attacher, nodeID: "n" }] } },
      { spec: { drivers: [{ name: attacher, nodeID: "m" }] } },
      "spec.drivers: Invalid value",
    ],
    [
      "csinodes",
      { spec: { drivers: [{ name: attacher, nodeID: "n" }] } },
      { spec: { drivers: [{ name: attacher, nodeID: "n", allocatable: { count: 3 } }] } },
      "",
    ],
    [
      "csistoragecapacities",
      { storageClassName: "a" },
      { storageClassName: "b" },
      'storageClassName: Invalid value: "b": field is immutable',
    ],
    [
      "volumeattachments",
      { spec: { attacher, nodeName: "n", source } },
      { spec: { nodeName: "m" } },
      "spec: Invalid value",
    ],
    [
      "storageclasses",
      { provisioner: "p" },
      { provisioner: "q" },
      'provisioner: Invalid value: "q": field is immutable',
    ],
    [
      "volumeattributesclasses",
      { driverName: "d", parameters: { a: "b" } },
      { parameters: { a: "c" } },
      "parameters: Forbidden: updates to parameters are forbidden.",
    ],
    [
      "servicecidrs",
      { spec: { cidrs: ["10.1.0.0/16"] } },
      { spec: { cidrs: ["10.2.0.0/16"] } },
      'spec.cidrs[0]: Invalid value: "10.2.0.0/16": field is immutable',
    ],
    [
      "services",
      { spec: { type: "LoadBalancer", loadBalancerClass: "a/b", ports: [{ port: 80 }] } },
      { spec: { loadBalancerClass: "a/c" } },
      'spec.loadBalancerClass: Invalid value: "a/c": may not change once set',
    ],
    [
      "services",
      { spec: { ports: [{ port: 80 }], externalIPs: ["192.0.2.1"] } },
      { spec: { externalIPs: null } },
      "",
    ],
    ["servicecidrs", { spec: { cidrs: ["10.1.0.0/16"] } }, { spec: { cidrs: ["10.1.0.0/16", "fd00::/64"] } }, ""],
  ];
  for (const [resource, fields, patch, message] of patches) {
    it(`${resource}: ${message || `may get ${JSON.stringify(patch)}`}`, async () => {
      await using test = await TestRegistry.open();
      const kind = resourceOf[resource]!;
      const target = { name: "a", ...(kind.namespaced && { namespace: "default" }) };
      await test.client.create(kind, { metadata: { ...target }, ...fields });
      const answer = await test.client.patch(kind, target, { type: "merge", patch: { ...patch } }).then(
        () => "",
        (error) => error.message,
      );
      if (message === "") expect(answer).toBe("");
      else expect(answer).toContain(message);
    });
  }
});
