import type { Specimen } from "./specimen.ts";

const app = { app: "a" };

/** Objects of core and of networking that say what few say: each asks for rules that the plain ones do not reach. */
export const rare: readonly Specimen[] = [
  { of: "/configmaps", object: { binaryData: { bin: "YQ==" }, data: { a: "b" }, immutable: true } },
  {
    of: "/events",
    object: {
      involvedObject: { kind: "Pod", namespace: "diff", name: "p" },
      eventTime: "2026-01-02T03:04:05.000006Z",
      reportingComponent: "example.com/controller",
      reportingInstance: "i",
      action: "Start",
      reason: "Started",
      type: "Normal",
      series: { count: 2, lastObservedTime: "2026-01-02T03:04:05.000006Z" },
    },
  },
  {
    of: "/limitranges",
    object: {
      spec: {
        limits: [{
          type: "Container",
          max: { "hugepages-2Mi": "4Mi", "example.com/gpu": "4" },
          default: { "hugepages-2Mi": "2Mi", "example.com/gpu": "1" },
          defaultRequest: { "hugepages-2Mi": "2Mi" },
        }, { type: "example.com/other", max: { storage: "1Gi" } }],
      },
    },
  },
  {
    of: "/nodes",
    object: {
      spec: {
        podCIDR: "2001:db8::/64",
        podCIDRs: ["2001:db8::/64", "10.42.1.0/24"],
        providerID: "p",
        unschedulable: true,
      },
      status: { nodeInfo: { swap: { capacity: 1 } }, capacity: { pods: "10" }, declaredFeatures: ["A", "B/c"] },
    },
    status: {
      capacity: { pods: "10", "example.com/gpu": "1" },
      addresses: [{ type: "InternalIP", address: "10.0.0.1" }, { type: "Hostname", address: "n" }],
      declaredFeatures: ["A", "B/c"],
    },
  },
  {
    of: "/persistentvolumeclaims",
    object: {
      metadata: { annotations: { "volume.beta.kubernetes.io/storage-class": "s" } },
      spec: {
        accessModes: ["ReadWriteOncePod"],
        volumeMode: "Block",
        volumeAttributesClassName: "v",
        selector: { matchExpressions: [{ key: "a", operator: "In", values: ["b"] }] },
        resources: { requests: { storage: "1Gi" } },
        dataSourceRef: { apiGroup: "snapshot.storage.k8s.io", kind: "VolumeSnapshot", name: "s" },
      },
    },
    status: {
      phase: "Bound",
      capacity: { storage: "1Gi" },
      allocatedResources: { storage: "1Gi" },
      allocatedResourceStatuses: { storage: "ControllerResizeInProgress" },
    },
  },
  {
    of: "/resourcequotas",
    object: { spec: { hard: { pods: "4" }, scopes: ["BestEffort", "Terminating"] } },
    status: { hard: { "requests.hugepages-2Mi": "1" } },
  },
  {
    of: "/resourcequotas",
    object: {
      spec: {
        hard: {
          persistentvolumeclaims: "4",
          "requests.storage": "1Gi",
          "gold.storageclass.storage.k8s.io/requests.storage": "1Gi",
        },
        scopeSelector: { matchExpressions: [{ scopeName: "VolumeAttributesClass", operator: "Exists" }] },
      },
    },
  },
  {
    of: "/secrets",
    object: {
      metadata: { annotations: { "kubernetes.io/service-account.name": "default" } },
      type: "kubernetes.io/service-account-token",
    },
  },
  { of: "/secrets", object: { type: "bootstrap.kubernetes.io/token", stringData: { "token-id": "abcdef" } } },
  {
    of: "/services",
    object: {
      metadata: { annotations: { "service.kubernetes.io/topology-mode": "auto" } },
      spec: {
        clusterIP: "None",
        ipFamilies: ["IPv6", "IPv4"],
        ipFamilyPolicy: "PreferDualStack",
        ports: [{ name: "a", port: 80 }],
        externalIPs: ["192.0.2.1"],
        sessionAffinity: "ClientIP",
      },
    },
  },
  {
    of: "/services",
    object: {
      metadata: { annotations: { "service.beta.kubernetes.io/load-balancer-source-ranges": "10.0.0.0/8" } },
      spec: {
        type: "LoadBalancer",
        selector: app,
        allocateLoadBalancerNodePorts: false,
        ipFamilyPolicy: "PreferDualStack",
        loadBalancerIP: "2001:DB8::1",
        ports: [{ name: "tcp", port: 53 }, { name: "udp", port: 53, protocol: "UDP" }],
      },
    },
    status: { loadBalancer: { ingress: [{ hostname: "a.example.com" }, { ip: "2001:DB8::1", ipMode: "Proxy" }] } },
  },
  {
    of: "/services",
    object: {
      spec: {
        type: "NodePort",
        selector: app,
        externalTrafficPolicy: "Local",
        ports: [{ port: 80, targetPort: "web" }],
      },
    },
  },
  {
    of: "discovery.k8s.io/endpointslices",
    object: {
      addressType: "IPv6",
      endpoints: [{ addresses: ["2001:db8::1"], hints: { forNodes: [{ name: "n" }] } }],
      ports: [{ port: 80 }],
    },
  },
  {
    of: "discovery.k8s.io/endpointslices",
    object: { addressType: "FQDN", endpoints: [{ addresses: ["a.example.com"] }] },
  },
  {
    of: "networking.k8s.io/ingresses",
    object: {
      metadata: { annotations: { "kubernetes.io/ingress.class": "c" } },
      spec: {
        defaultBackend: { resource: { kind: "K", name: "n" } },
        rules: [{
          host: "*.example.com",
          http: {
            paths: [{
              path: "/a",
              pathType: "ImplementationSpecific",
              backend: { service: { name: "s", port: { number: 80 } } },
            }],
          },
        }],
      },
    },
    status: { loadBalancer: { ingress: [{ hostname: "a.example.com" }, { ip: "2001:DB8::1" }] } },
  },
  {
    of: "networking.k8s.io/ingressclasses",
    object: { spec: { controller: "example.com/a", parameters: { kind: "K", name: "n" } } },
  },
  {
    of: "networking.k8s.io/networkpolicies",
    object: {
      spec: {
        podSelector: {},
        egress: [{
          ports: [{ port: 80, endPort: 80 }, {}],
          to: [{ ipBlock: { cidr: "2001:DB8::/32", except: ["2001:db8:1::/48"] } }],
        }],
      },
    },
  },
  {
    of: "networking.k8s.io/servicecidrs",
    object: { spec: { cidrs: ["10.98.0.0/24", "2001:db8::/112"] } },
  },
  {
    of: "scheduling.k8s.io/priorityclasses",
    object: { value: -5, preemptionPolicy: "Never", globalDefault: false, description: "d" },
  },
  {
    of: "node.k8s.io/runtimeclasses",
    object: {
      handler: "h",
      overhead: { podFixed: { cpu: "10m", "hugepages-2Mi": "2Mi" } },
      scheduling: {
        tolerations: [{ operator: "Exists" }, { key: "a", value: "b", tolerationSeconds: 5, effect: "NoExecute" }],
      },
    },
  },
  {
    of: "rbac.authorization.k8s.io/clusterroles",
    object: {
      aggregationRule: { clusterRoleSelectors: [{ matchExpressions: [{ key: "a", operator: "Exists" }] }] },
      rules: [{ apiGroups: ["*"], resources: ["*/scale"], verbs: ["get"], resourceNames: ["a"] }],
    },
  },
];
