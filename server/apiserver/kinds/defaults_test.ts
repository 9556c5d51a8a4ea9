import { describe, expect, it } from "vitest";
import type { KubeObject, Resource } from "../../../api/resource.ts";
import * as resources from "../../../api/resources.ts";
import type { ObjectMeta } from "../../../api/types/meta_v1.ts";
import { minimalPod, TestRegistry } from "../registry/_testing.ts";

/** Everything but what differs with each object made. */
async function made<T extends KubeObject>(
  resource: Resource<T>,
  fields: object,
): Promise<T & { metadata: ObjectMeta }> {
  await using test = await TestRegistry.open({ random: () => 0 });
  const metadata = resource.namespaced ? { name: "a", namespace: "default" } : { name: "a" };
  const object = structuredClone(await test.client.create(resource, { metadata, ...fields } as unknown as T));
  delete object.metadata.uid;
  delete object.metadata.creationTimestamp;
  delete object.metadata.resourceVersion;
  return object;
}

const container = {
  name: "main",
  image: "busybox:1.36",
  resources: {},
  terminationMessagePath: "/dev/termination-log",
  terminationMessagePolicy: "File",
  imagePullPolicy: "IfNotPresent",
};
const templateSpec = {
  containers: [container],
  restartPolicy: "Always",
  terminationGracePeriodSeconds: 30,
  dnsPolicy: "ClusterFirst",
  securityContext: {},
  schedulerName: "default-scheduler",
};
const template = {
  metadata: { labels: { app: "a" } },
  spec: { containers: [{ name: "main", image: "busybox:1.36" }] },
};
const selector = { matchLabels: { app: "a" } };

describe("defaults", () => {
  it("of a Pod are those of kube-apiserver, admission included", async () => {
    const pod = await made(resources.pods, { spec: minimalPod("a").spec });
    expect(pod).toEqual({
      kind: "Pod",
      apiVersion: "v1",
      metadata: { name: "a", namespace: "default", generation: 1 },
      spec: {
        ...templateSpec,
        containers: [{
          ...container,
          volumeMounts: [{
            name: "kube-api-access-bbbbb",
            readOnly: true,
            mountPath: "/var/run/secrets/kubernetes.io/serviceaccount",
          }],
        }],
        serviceAccountName: "default",
        serviceAccount: "default",
        tolerations: ["not-ready", "unreachable"].map((condition) => ({
          key: `node.kubernetes.io/${condition}`,
          operator: "Exists",
          effect: "NoExecute",
          tolerationSeconds: 300,
        })),
        priority: 0,
        enableServiceLinks: true,
        preemptionPolicy: "PreemptLowerPriority",
        volumes: [{
          name: "kube-api-access-bbbbb",
          projected: {
            defaultMode: 420,
            sources: [
              { serviceAccountToken: { expirationSeconds: 3607, path: "token" } },
              { configMap: { name: "kube-root-ca.crt", items: [{ key: "ca.crt", path: "ca.crt" }] } },
              {
                downwardAPI: {
                  items: [{ path: "namespace", fieldRef: { apiVersion: "v1", fieldPath: "metadata.namespace" } }],
                },
              },
            ],
          },
        }],
      },
      status: { phase: "Pending", qosClass: "BestEffort" },
    });
  });

  it("of a container's parts", async () => {
    const pod = await made(resources.pods, {
      spec: {
        automountServiceAccountToken: false,
        hostNetwork: true,
        volumes: [{ name: "e" }, { name: "c", configMap: { name: "x" } }, { name: "h", hostPath: { path: "/x" } }],
        containers: [{
          name: "main",
          image: "registry:5000/busybox",
          ports: [{ containerPort: 80 }],
          env: [{ name: "A", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } }],
          livenessProbe: { httpGet: { port: 80 } },
          resources: { limits: { cpu: "1", memory: "1Gi" }, requests: { cpu: "500m" } },
        }],
      },
    });
    const [main] = pod.spec.containers;
    expect(main?.imagePullPolicy).toBe("Always");
    expect(main?.ports).toEqual([{ containerPort: 80, hostPort: 80, protocol: "TCP" }]);
    expect(main?.env?.[0]?.valueFrom?.fieldRef?.apiVersion).toBe("v1");
    expect(main?.livenessProbe).toEqual({
      httpGet: { path: "/", port: 80, scheme: "HTTP" },
      timeoutSeconds: 1,
      periodSeconds: 10,
      successThreshold: 1,
      failureThreshold: 3,
    });
    expect(main?.resources?.requests).toEqual({ cpu: "500m", memory: "1Gi" });
    expect(pod.spec.volumes).toEqual([
      { name: "e", emptyDir: {} },
      { name: "c", configMap: { name: "x", defaultMode: 420 } },
      { name: "h", hostPath: { path: "/x", type: "" } },
    ]);
    expect(pod.status?.qosClass).toBe("Burstable");
  });

  it("of a Deployment", async () => {
    expect(await made(resources.deployments, { spec: { selector, template } })).toEqual({
      kind: "Deployment",
      apiVersion: "apps/v1",
      metadata: { name: "a", namespace: "default", generation: 1 },
      spec: {
        replicas: 1,
        selector,
        template: { metadata: { labels: { app: "a" } }, spec: templateSpec },
        strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: "25%", maxSurge: "25%" } },
        revisionHistoryLimit: 10,
        progressDeadlineSeconds: 600,
      },
      status: {},
    });
  });

  it("of a StatefulSet, a DaemonSet and a ReplicaSet", async () => {
    const set = await made(resources.statefulsets, { spec: { selector, template, serviceName: "a" } });
    expect(set.spec).toMatchObject({
      replicas: 1,
      podManagementPolicy: "OrderedReady",
      updateStrategy: { type: "RollingUpdate", rollingUpdate: { partition: 0 } },
      revisionHistoryLimit: 10,
      persistentVolumeClaimRetentionPolicy: { whenDeleted: "Retain", whenScaled: "Retain" },
    });
    expect(set.status).toEqual({ replicas: 0, availableReplicas: 0 });
    const daemons = await made(resources.daemonsets, { spec: { selector, template } });
    expect(daemons.spec.updateStrategy).toEqual({
      type: "RollingUpdate",
      rollingUpdate: { maxUnavailable: 1, maxSurge: 0 },
    });
    const replicas = await made(resources.replicasets, { spec: { selector, template } });
    expect(replicas.spec.replicas).toBe(1);
    expect(replicas.status).toEqual({ replicas: 0 });
  });

  it("of a Job and a CronJob", async () => {
    const never = { ...template, spec: { ...template.spec, restartPolicy: "Never" } };
    const job = await made(resources.jobs, { spec: { template: never } });
    expect(job.spec).toMatchObject({
      parallelism: 1,
      completions: 1,
      backoffLimit: 6,
      completionMode: "NonIndexed",
      suspend: false,
      podReplacementPolicy: "TerminatingOrFailed",
    });
    const uid = job.spec.selector?.matchLabels?.["batch.kubernetes.io/controller-uid"];
    expect(job.spec.template.metadata?.labels).toEqual({
      app: "a",
      "job-name": "a",
      "batch.kubernetes.io/job-name": "a",
      "controller-uid": uid,
      "batch.kubernetes.io/controller-uid": uid,
    });
    const cron = await made(resources.cronjobs, {
      spec: { schedule: "*/5 * * * *", jobTemplate: { spec: { template: never } } },
    });
    expect(cron.spec).toMatchObject({
      concurrencyPolicy: "Allow",
      suspend: false,
      successfulJobsHistoryLimit: 3,
      failedJobsHistoryLimit: 1,
    });
  });

  it("of a Service", async () => {
    expect(await made(resources.services, { spec: { ports: [{ port: 80 }], selector: { app: "a" } } })).toEqual({
      kind: "Service",
      apiVersion: "v1",
      metadata: { name: "a", namespace: "default" },
      spec: {
        ports: [{ protocol: "TCP", port: 80, targetPort: 80 }],
        selector: { app: "a" },
        clusterIP: "10.43.1.1",
        clusterIPs: ["10.43.1.1"],
        type: "ClusterIP",
        sessionAffinity: "None",
        ipFamilies: ["IPv4"],
        ipFamilyPolicy: "SingleStack",
        internalTrafficPolicy: "Cluster",
      },
      status: { loadBalancer: {} },
    });
    const headless = await made(resources.services, { spec: { clusterIP: "None", selector: { app: "a" } } });
    expect(headless.spec.clusterIPs).toEqual(["None"]);
    const external = await made(resources.services, { spec: { type: "ExternalName", externalName: "example.com" } });
    expect(external.spec).toEqual({ type: "ExternalName", externalName: "example.com", sessionAffinity: "None" });
  });

  it("of the smaller kinds", async () => {
    const secret = await made(resources.secrets, { stringData: { user: "ann" }, data: { user: "eA==", x: "eQ==" } });
    expect(secret).toMatchObject({ type: "Opaque", data: { user: "YW5u", x: "eQ==" } });
    expect(secret.stringData).toBeUndefined();
    const namespace = await made(resources.namespaces, {});
    expect(namespace).toMatchObject({
      metadata: { labels: { "kubernetes.io/metadata.name": "a" } },
      spec: { finalizers: ["kubernetes"] },
      status: { phase: "Active" },
    });
    const policy = await made(resources.networkpolicies, { spec: { podSelector: {}, egress: [{}] } });
    expect(policy.spec).toEqual({ podSelector: {}, egress: [{}], policyTypes: ["Ingress", "Egress"] });
    const binding = await made(resources.rolebindings, {
      roleRef: { kind: "Role", name: "r" },
      subjects: [{ kind: "User", name: "ann" }],
    });
    expect(binding.roleRef.apiGroup).toBe("rbac.authorization.k8s.io");
    expect(binding.subjects?.[0]?.apiGroup).toBe("rbac.authorization.k8s.io");
    const storage = await made(resources.storageclasses, { provisioner: "x" });
    expect(storage).toMatchObject({ reclaimPolicy: "Delete", volumeBindingMode: "Immediate" });
    const level = { type: "Limited", limited: { limitResponse: { type: "Queue", queuing: {} } } };
    const priority = await made(resources.prioritylevelconfigurations, { spec: level });
    expect(priority.spec.limited).toEqual({
      nominalConcurrencyShares: 30,
      lendablePercent: 0,
      limitResponse: { type: "Queue", queuing: { queues: 64, handSize: 8, queueLengthLimit: 50 } },
    });
    const bound = await made(resources.validatingadmissionpolicybindings, {
      spec: { policyName: "p", validationActions: ["Deny"], matchResources: {} },
    });
    expect(bound.spec.matchResources).toEqual({
      matchPolicy: "Equivalent",
      namespaceSelector: {},
      objectSelector: {},
    });
    const exactly = { deviceClassName: "c", tolerations: [{ key: "k" }] };
    const claim = await made(resources.resourceclaims, { spec: { devices: { requests: [{ name: "r", exactly }] } } });
    expect(claim.spec.devices?.requests?.[0]?.exactly).toEqual({
      deviceClassName: "c",
      allocationMode: "ExactCount",
      count: 1,
      tolerations: [{ key: "k", operator: "Equal" }],
    });
    const snapshot = { apiGroup: "snapshot.storage.k8s.io", kind: "VolumeSnapshot", name: "s" };
    const wanted = { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } };
    const restored = await made(resources.persistentvolumeclaims, { spec: { ...wanted, dataSourceRef: snapshot } });
    expect(restored.spec.dataSource).toEqual(snapshot);
    const odd = await made(resources.persistentvolumeclaims, {
      spec: { ...wanted, dataSource: { kind: "X", name: "x" } },
    });
    expect([odd.spec.dataSource, odd.spec.dataSourceRef]).toEqual([undefined, undefined]);
    const account = await made(resources.serviceaccounts, { secrets: [{ name: "s", namespace: "other", uid: "u" }] });
    expect(account.secrets).toEqual([{ name: "s" }]);
    for (const cidrs of [{ podCIDR: "10.1.0.0/24" }, { podCIDRs: ["10.1.0.0/24"] }]) {
      expect((await made(resources.nodes, { spec: cidrs })).spec)
        .toMatchObject({ podCIDR: "10.1.0.0/24", podCIDRs: ["10.1.0.0/24"] });
    }
    const capacity = { cpu: "4" };
    expect((await made(resources.nodes, { status: { capacity } })).status).toMatchObject({ allocatable: capacity });
    const budget = await made(resources.poddisruptionbudgets, { spec: { minAvailable: 1, selector } });
    expect(budget.status).toMatchObject({ disruptionsAllowed: 0, currentHealthy: 0 });
  });
});
