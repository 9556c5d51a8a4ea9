import type { Specimen } from "./specimen.ts";

const labels = { app: "a", tier: "t" };
const image = "busybox:1.36";

/** Pods that say what few say: each asks for rules that the plain ones of core.ts do not reach. */
export const pods: readonly Specimen[] = [
  {
    of: "/pods",
    object: {
      metadata: { labels, annotations: { "container.apparmor.security.beta.kubernetes.io/main": "unconfined" } },
      spec: {
        automountServiceAccountToken: false,
        volumes: [
          { name: "git", gitRepo: { repository: "r", directory: "d" } },
          { name: "gce", gcePersistentDisk: { pdName: "p", partition: 1, fsType: "ext4" } },
          { name: "aws", awsElasticBlockStore: { volumeID: "v", partition: 1 } },
          { name: "nfs", nfs: { server: "s", path: "/p" } },
          {
            name: "iscsi",
            iscsi: {
              targetPortal: "10.0.0.1",
              iqn: "iqn.2026-01.com.example:storage",
              lun: 1,
              initiatorName: "iqn.2026-01.com.example:node",
              chapAuthSession: true,
              secretRef: { name: "s" },
            },
          },
          { name: "gluster", glusterfs: { endpoints: "e", path: "p" } },
          { name: "flocker", flocker: { datasetName: "d" } },
          { name: "rbd", rbd: { monitors: ["m"], image: "i" } },
          { name: "cinder", cinder: { volumeID: "v", secretRef: { name: "s" } } },
          { name: "ceph", cephfs: { monitors: ["m"] } },
          { name: "quobyte", quobyte: { registry: "r:1", volume: "v", tenant: "t" } },
          { name: "fc", fc: { targetWWNs: ["w"], lun: 1 } },
          { name: "flex", flexVolume: { driver: "d/d", options: { a: "b" } } },
          { name: "file", azureFile: { secretName: "s", shareName: "n" } },
          { name: "vsphere", vsphereVolume: { volumePath: "p" } },
          { name: "photon", photonPersistentDisk: { pdID: "p" } },
          { name: "portworx", portworxVolume: { volumeID: "v" } },
          { name: "disk", azureDisk: { diskName: "d", diskURI: "/subscriptions/a", kind: "Managed" } },
          { name: "storageos", storageos: { volumeName: "v", volumeNamespace: "n", secretRef: { name: "s" } } },
          { name: "scale", scaleIO: { gateway: "g", system: "s", volumeName: "v", secretRef: { name: "s" } } },
          { name: "csi", csi: { driver: "d.example.com", nodePublishSecretRef: { name: "s" } } },
          { name: "image", image: { reference: "r", pullPolicy: "Never" } },
          {
            name: "claim",
            ephemeral: {
              volumeClaimTemplate: {
                metadata: { labels },
                spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
              },
            },
          },
          {
            name: "downward",
            downwardAPI: {
              items: [
                { path: "labels", fieldRef: { fieldPath: "metadata.labels['app']" }, mode: 256 },
                { path: "cpu", resourceFieldRef: { containerName: "main", resource: "limits.cpu", divisor: "1m" } },
              ],
            },
          },
          {
            name: "projected",
            projected: {
              sources: [
                { secret: { name: "s", items: [{ key: "k", path: "p", mode: 256 }] } },
                { configMap: { name: "m", items: [{ key: "k", path: "q" }] } },
                { downwardAPI: { items: [{ path: "uid", fieldRef: { fieldPath: "metadata.uid" } }] } },
                { serviceAccountToken: { path: "t", audience: "a", expirationSeconds: 600 } },
              ],
            },
          },
        ],
        containers: [{
          name: "main",
          image,
          volumeDevices: [{ name: "claim", devicePath: "/dev/a" }],
          volumeMounts: [
            { name: "nfs", mountPath: "/n", readOnly: true, recursiveReadOnly: "IfPossible" },
            { name: "git", mountPath: "/g", mountPropagation: "HostToContainer", subPathExpr: "$(A)" },
          ],
        }],
      },
    },
  },
  {
    of: "/pods",
    object: {
      metadata: { labels },
      spec: {
        hostNetwork: true,
        hostPID: true,
        shareProcessNamespace: false,
        os: { name: "linux" },
        priorityClassName: "system-node-critical",
        schedulingGates: [{ name: "example.com/gate" }],
        resourceClaims: [{ name: "claim", resourceClaimName: "c" }],
        resources: { requests: { cpu: "2", memory: "1Gi" }, limits: { cpu: "4", memory: "2Gi" } },
        imagePullSecrets: [{ name: "s" }],
        securityContext: {
          fsGroupChangePolicy: "Always",
          seLinuxChangePolicy: "Recursive",
          supplementalGroupsPolicy: "Merge",
          seccompProfile: { type: "Localhost", localhostProfile: "p" },
          appArmorProfile: { type: "RuntimeDefault" },
          sysctls: [{ name: "kernel.shm_rmid_forced", value: "1" }],
          seLinuxOptions: { level: "s0" },
        },
        topologySpreadConstraints: [{
          maxSkew: 1,
          minDomains: 2,
          topologyKey: "zone",
          whenUnsatisfiable: "DoNotSchedule",
          nodeAffinityPolicy: "Honor",
          nodeTaintsPolicy: "Ignore",
          labelSelector: { matchLabels: { app: "a" } },
          matchLabelKeys: ["tier"],
        }],
        affinity: {
          nodeAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: {
              nodeSelectorTerms: [{ matchFields: [{ key: "metadata.name", operator: "In", values: ["n"] }] }],
            },
          },
          podAffinity: {
            preferredDuringSchedulingIgnoredDuringExecution: [{
              weight: 1,
              podAffinityTerm: {
                topologyKey: "zone",
                namespaces: ["n"],
                namespaceSelector: { matchExpressions: [{ key: "a", operator: "Exists" }] },
                labelSelector: { matchExpressions: [{ key: "app", operator: "In", values: ["a"] }] },
                matchLabelKeys: ["tier"],
                mismatchLabelKeys: ["app"],
              },
            }],
          },
        },
        initContainers: [{
          name: "init",
          image,
          restartPolicy: "OnFailure",
          restartPolicyRules: [{ action: "Restart", exitCodes: { operator: "In", values: [1] } }],
          resources: { claims: [{ name: "claim", request: "r" }] },
        }],
        containers: [{
          name: "main",
          image,
          ports: [{ containerPort: 80, hostPort: 80 }],
          env: [
            { name: "A", valueFrom: { resourceFieldRef: { resource: "requests.memory", divisor: "1Mi" } } },
            { name: "B", valueFrom: { secretKeyRef: { name: "s", key: "k", optional: true } } },
          ],
          envFrom: [{ secretRef: { name: "s" } }],
          resources: { requests: { cpu: "1", memory: "1Gi" }, limits: { cpu: "2" } },
          resizePolicy: [{ resourceName: "cpu", restartPolicy: "NotRequired" }],
          livenessProbe: { grpc: { port: 80, service: "s" }, terminationGracePeriodSeconds: 5 },
          readinessProbe: {
            httpGet: { port: 80, scheme: "HTTPS", host: "h", httpHeaders: [{ name: "X-A", value: "v" }] },
          },
          lifecycle: { postStart: { httpGet: { port: "p", path: "/" } }, preStop: { sleep: { seconds: 5 } } },
          securityContext: {
            privileged: true,
            runAsUser: 0,
            procMount: "Default",
            seccompProfile: { type: "RuntimeDefault" },
            appArmorProfile: { type: "Localhost", localhostProfile: "p" },
          },
        }],
      },
    },
  },
  {
    of: "/pods",
    object: {
      metadata: { labels },
      spec: {
        os: { name: "windows" },
        hostNetwork: true,
        securityContext: {
          windowsOptions: {
            hostProcess: true,
            runAsUserName: "d\\u",
            gmsaCredentialSpecName: "g",
            gmsaCredentialSpec: "s",
          },
        },
        containers: [{
          name: "main",
          image,
          securityContext: { windowsOptions: { hostProcess: true, runAsUserName: "u" } },
        }],
      },
    },
  },
  {
    of: "/pods",
    object: {
      metadata: { labels },
      spec: {
        hostUsers: false,
        hostnameOverride: "h",
        volumes: [{ name: "env", emptyDir: { medium: "Memory" } }],
        containers: [{
          name: "main",
          image,
          env: [{ name: "A", valueFrom: { fileKeyRef: { volumeName: "env", path: "p", key: "K", optional: true } } }],
          securityContext: { procMount: "Unmasked" },
        }],
      },
    },
  },
];
