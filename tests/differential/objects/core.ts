import { SMALL_POD, type Specimen, template } from "./specimen.ts";

const app = { app: "a" };

/** The core group but Pods and storage. */
export const core: readonly Specimen[] = [
  {
    of: "/configmaps",
    object: { data: { key: "value", "other.key": "" }, binaryData: { bytes: "AAEC" }, immutable: false },
  },
  {
    of: "/endpoints",
    object: {
      subsets: [{
        addresses: [{ ip: "10.1.2.3", hostname: "a", nodeName: "n", targetRef: { kind: "Pod", name: "p" } }],
        notReadyAddresses: [{ ip: "10.1.2.4" }],
        ports: [{ name: "http", port: 80, protocol: "TCP", appProtocol: "http" }, { name: "dns", port: 53 }],
      }],
    },
  },
  {
    of: "/events",
    object: {
      involvedObject: { kind: "Pod", namespace: "diff", name: "p", apiVersion: "v1" },
      reason: "Tested",
      message: "it was tested",
      type: "Normal",
      source: { component: "test", host: "h" },
      firstTimestamp: "2026-01-02T03:04:05Z",
      lastTimestamp: "2026-01-02T03:04:05Z",
      count: 1,
    },
  },
  {
    of: "events.k8s.io/events",
    object: {
      eventTime: "2026-01-02T03:04:05.000006Z",
      reportingController: "example.com/test",
      reportingInstance: "test-1",
      action: "Test",
      reason: "Tested",
      note: "it was tested",
      type: "Normal",
      regarding: { kind: "Pod", namespace: "diff", name: "p" },
      series: { count: 2, lastObservedTime: "2026-01-02T03:04:05.000006Z" },
    },
  },
  {
    of: "/limitranges",
    object: {
      spec: {
        limits: [
          {
            type: "Container",
            max: { cpu: "2", memory: "1Gi" },
            min: { cpu: "10m", memory: "1Mi" },
            default: { cpu: "1", memory: "512Mi" },
            defaultRequest: { cpu: "100m", memory: "64Mi" },
            maxLimitRequestRatio: { cpu: "10" },
          },
          { type: "Pod", max: { cpu: "4" } },
          { type: "PersistentVolumeClaim", min: { storage: "1Gi" }, max: { storage: "10Gi" } },
        ],
      },
    },
  },
  {
    of: "/namespaces",
    object: { metadata: { labels: { team: "a" } }, spec: { finalizers: ["kubernetes"] } },
    status: { phase: "Active", conditions: [{ type: "NamespaceContentRemaining", status: "True", reason: "Test" }] },
  },
  {
    of: "/nodes",
    object: {
      metadata: { labels: { zone: "a" } },
      spec: {
        podCIDR: "10.42.0.0/24",
        podCIDRs: ["10.42.0.0/24"],
        providerID: "skiff://n",
        unschedulable: true,
        taints: [{ key: "example.com/taint", value: "v", effect: "NoSchedule" }, { key: "b", effect: "NoExecute" }],
      },
    },
    status: {
      capacity: { cpu: "2", memory: "4Gi", pods: "110" },
      allocatable: { cpu: "2", memory: "4Gi", pods: "110" },
      conditions: [{ type: "Ready", status: "True", reason: "KubeletReady" }],
      addresses: [{ type: "InternalIP", address: "10.0.0.1" }],
      images: [{ names: ["busybox:1.36"], sizeBytes: 1000 }],
    },
  },
  {
    of: "/podtemplates",
    object: { template: template(app, { nodeSelector: { disk: "ssd" }, restartPolicy: "Always" }) },
  },
  {
    of: "/replicationcontrollers",
    object: { spec: { replicas: 2, minReadySeconds: 3, selector: app, template: template(app) } },
    status: {
      replicas: 2,
      readyReplicas: 1,
      availableReplicas: 1,
      fullyLabeledReplicas: 2,
      observedGeneration: 1,
      conditions: [{ type: "ReplicaFailure", status: "True" }],
    },
  },
  {
    of: "/resourcequotas",
    object: {
      spec: {
        hard: { "requests.cpu": "4", "limits.memory": "1Gi", "count/deployments.apps": "5" },
        scopes: ["NotTerminating"],
        scopeSelector: { matchExpressions: [{ scopeName: "PriorityClass", operator: "In", values: ["high"] }] },
      },
    },
    status: { hard: { pods: "10" }, used: { pods: "2" } },
  },
  {
    of: "/secrets",
    object: { type: "Opaque", data: { key: "dmFsdWU=" }, stringData: { other: "text" }, immutable: false },
  },
  { of: "/secrets", object: { type: "kubernetes.io/tls", data: { "tls.crt": "YQ==", "tls.key": "Yg==" } } },
  { of: "/secrets", object: { type: "kubernetes.io/basic-auth", stringData: { username: "u", password: "p" } } },
  { of: "/secrets", object: { type: "kubernetes.io/ssh-auth", stringData: { "ssh-privatekey": "k" } } },
  { of: "/secrets", object: { type: "kubernetes.io/dockercfg", stringData: { ".dockercfg": "{}" } } },
  { of: "/secrets", object: { type: "kubernetes.io/dockerconfigjson", stringData: { ".dockerconfigjson": "{}" } } },
  {
    of: "/serviceaccounts",
    object: {
      secrets: [{ name: "token" }],
      imagePullSecrets: [{ name: "registry" }],
      automountServiceAccountToken: false,
    },
  },
  {
    of: "/services",
    object: {
      spec: {
        type: "ClusterIP",
        selector: app,
        ports: [
          { name: "http", port: 80, targetPort: "web", protocol: "TCP", appProtocol: "http" },
          { name: "dns", port: 53, targetPort: 5353, protocol: "UDP" },
        ],
        sessionAffinity: "ClientIP",
        sessionAffinityConfig: { clientIP: { timeoutSeconds: 100 } },
        externalIPs: ["192.0.2.1"],
        internalTrafficPolicy: "Local",
        ipFamilyPolicy: "SingleStack",
        ipFamilies: ["IPv4"],
        publishNotReadyAddresses: true,
        trafficDistribution: "PreferClose",
      },
    },
    status: { loadBalancer: {} },
  },
  {
    of: "/services",
    object: {
      spec: {
        type: "LoadBalancer",
        selector: app,
        ports: [{ name: "http", port: 80, nodePort: 31234 }],
        externalTrafficPolicy: "Local",
        healthCheckNodePort: 31235,
        allocateLoadBalancerNodePorts: true,
        loadBalancerClass: "example.com/lb",
        loadBalancerSourceRanges: ["10.0.0.0/8"],
        loadBalancerIP: "192.0.2.9",
      },
    },
    status: {
      loadBalancer: { ingress: [{ ip: "192.0.2.9", ipMode: "VIP", ports: [{ port: 80, protocol: "TCP" }] }] },
      conditions: [{
        type: "LoadBalancerReady",
        status: "True",
        reason: "Test",
        message: "",
        lastTransitionTime: "2026-01-02T03:04:05Z",
      }],
    },
  },
  { of: "/services", object: { spec: { type: "ExternalName", externalName: "example.com" } } },
  { of: "/services", object: { spec: { type: "ClusterIP", clusterIP: "None", selector: app } } },
  { of: "/services", object: { spec: { type: "NodePort", selector: app, ports: [{ port: 80, nodePort: 31236 }] } } },
  { of: "/pods", object: { metadata: { labels: app }, spec: SMALL_POD } },
  {
    of: "/pods",
    object: {
      metadata: { labels: app },
      spec: {
        hostname: "h",
        subdomain: "sub",
        restartPolicy: "OnFailure",
        terminationGracePeriodSeconds: 5,
        activeDeadlineSeconds: 100,
        dnsPolicy: "None",
        dnsConfig: { nameservers: ["10.0.0.1"], searches: ["a.b"], options: [{ name: "ndots", value: "2" }] },
        nodeSelector: { disk: "ssd" },
        automountServiceAccountToken: false,
        enableServiceLinks: false,
        tolerations: [{ key: "k", operator: "Exists", effect: "NoExecute", tolerationSeconds: 5 }],
        hostAliases: [{ ip: "10.0.0.1", hostnames: ["a"] }],
        securityContext: { runAsUser: 1000, fsGroup: 1000, supplementalGroups: [1], sysctls: [] },
        readinessGates: [{ conditionType: "example.com/ready" }],
        topologySpreadConstraints: [{
          maxSkew: 1,
          topologyKey: "zone",
          whenUnsatisfiable: "DoNotSchedule",
          labelSelector: { matchLabels: app },
        }],
        affinity: {
          nodeAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: {
              nodeSelectorTerms: [{ matchExpressions: [{ key: "zone", operator: "In", values: ["a"] }] }],
            },
            preferredDuringSchedulingIgnoredDuringExecution: [{
              weight: 1,
              preference: { matchExpressions: [{ key: "zone", operator: "Exists" }] },
            }],
          },
          podAntiAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: [{
              topologyKey: "zone",
              labelSelector: { matchLabels: app },
            }],
          },
        },
        volumes: [
          { name: "empty", emptyDir: { sizeLimit: "1Gi" } },
          { name: "map", configMap: { name: "m", items: [{ key: "k", path: "p" }], defaultMode: 420 } },
          { name: "secret", secret: { secretName: "s" } },
          { name: "host", hostPath: { path: "/tmp", type: "Directory" } },
          { name: "claim", persistentVolumeClaim: { claimName: "c" } },
          {
            name: "projected",
            projected: { sources: [{ configMap: { name: "m" } }, { serviceAccountToken: { path: "t" } }] },
          },
        ],
        initContainers: [{ name: "init", image: "busybox:1.36", restartPolicy: "Always" }],
        containers: [{
          name: "main",
          image: "busybox",
          command: ["sh"],
          ports: [{ name: "web", containerPort: 80, hostIP: "10.0.0.1", protocol: "TCP" }],
          env: [
            { name: "A", value: "b" },
            { name: "B", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
            { name: "C", valueFrom: { configMapKeyRef: { name: "m", key: "k" } } },
          ],
          envFrom: [{ configMapRef: { name: "m" }, prefix: "P_" }],
          resources: { requests: { cpu: "100m", memory: "64Mi" }, limits: { cpu: "1", memory: "128Mi" } },
          volumeMounts: [{ name: "empty", mountPath: "/e", subPath: "a" }, { name: "map", mountPath: "/m" }],
          livenessProbe: { httpGet: { path: "/", port: "web" }, periodSeconds: 5 },
          readinessProbe: { exec: { command: ["true"] } },
          startupProbe: { tcpSocket: { port: 80 } },
          lifecycle: { preStop: { exec: { command: ["true"] } } },
          securityContext: { runAsNonRoot: true, capabilities: { add: ["NET_ADMIN"] } },
        }],
      },
    },
  },
];
