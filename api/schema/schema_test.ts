import { describe, expect, it } from "vitest";
import type { FieldSchema, FieldType } from "./contract.ts";
import { schema } from "./schema.ts";
import * as constants from "../resources.ts";
import { apiVersionOf, type Resource } from "../resource.ts";

function field(path: string): FieldSchema {
  const [apiVersion, kind, ...names] = path.split(" ").flatMap((p, i) => i < 2 ? [p] : p.split("."));
  let message = schema.ofKind(apiVersion!, kind!) ?? schema.message(`io.k8s.api.${apiVersion}.${kind}`);
  let found: FieldSchema | undefined;
  for (const name of names) {
    found = message.fields.get(name);
    if (!found) throw new Error(`${path}: ${message.name} has no field ${name}`);
    const of = innermost(found.type);
    if (of.is === "message") message = schema.message(of.message);
  }
  return found!;
}

function innermost(type: FieldType): FieldType {
  return type.is === "list" || type.is === "map" ? innermost(type.of) : type;
}

/** Field numbers as upstream's .proto files have had them for years; they may never change. */
const protobufNumbers: Readonly<Record<string, string>> = {
  "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta":
    "name=1 generateName=2 namespace=3 selfLink=4 uid=5 resourceVersion=6 generation=7 creationTimestamp=8 deletionTimestamp=9 " +
    "deletionGracePeriodSeconds=10 labels=11 annotations=12 ownerReferences=13 finalizers=14 managedFields=17",
  "io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta": "selfLink=1 resourceVersion=2 continue=3 remainingItemCount=4",
  "io.k8s.apimachinery.pkg.apis.meta.v1.OwnerReference":
    "kind=1 name=3 uid=4 apiVersion=5 controller=6 blockOwnerDeletion=7",
  "io.k8s.apimachinery.pkg.apis.meta.v1.Status": "metadata=1 status=2 message=3 reason=4 details=5 code=6",
  "io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector": "matchLabels=1 matchExpressions=2",
  "io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions":
    "gracePeriodSeconds=1 preconditions=2 orphanDependents=3 propagationPolicy=4 dryRun=5",
  "io.k8s.apimachinery.pkg.apis.meta.v1.Condition":
    "type=1 status=2 observedGeneration=3 lastTransitionTime=4 reason=5 message=6",
  "io.k8s.api.core.v1.Pod": "kind=0 apiVersion=0 metadata=1 spec=2 status=3",
  "io.k8s.api.core.v1.PodList": "metadata=1 items=2",
  "io.k8s.api.core.v1.PodSpec":
    "volumes=1 containers=2 restartPolicy=3 terminationGracePeriodSeconds=4 activeDeadlineSeconds=5 dnsPolicy=6 nodeSelector=7 " +
    "serviceAccountName=8 serviceAccount=9 nodeName=10 hostNetwork=11 hostPID=12 hostIPC=13 securityContext=14 " +
    "imagePullSecrets=15 hostname=16 subdomain=17 affinity=18 schedulerName=19 initContainers=20 " +
    "automountServiceAccountToken=21 tolerations=22 hostAliases=23 priorityClassName=24 priority=25 dnsConfig=26 " +
    "shareProcessNamespace=27 readinessGates=28 runtimeClassName=29 enableServiceLinks=30 preemptionPolicy=31 overhead=32 " +
    "topologySpreadConstraints=33 ephemeralContainers=34 setHostnameAsFQDN=35 os=36 hostUsers=37 schedulingGates=38 " +
    "resourceClaims=39 resources=40",
  "io.k8s.api.core.v1.Container":
    "name=1 image=2 command=3 args=4 workingDir=5 ports=6 env=7 resources=8 volumeMounts=9 livenessProbe=10 readinessProbe=11 " +
    "lifecycle=12 terminationMessagePath=13 imagePullPolicy=14 securityContext=15 stdin=16 stdinOnce=17 tty=18 envFrom=19 " +
    "terminationMessagePolicy=20 volumeDevices=21 startupProbe=22 resizePolicy=23 restartPolicy=24",
  "io.k8s.api.core.v1.ContainerPort": "name=1 hostPort=2 containerPort=3 protocol=4 hostIP=5",
  "io.k8s.api.core.v1.EnvVar": "name=1 value=2 valueFrom=3",
  "io.k8s.api.core.v1.EnvVarSource": "fieldRef=1 resourceFieldRef=2 configMapKeyRef=3 secretKeyRef=4",
  "io.k8s.api.core.v1.VolumeMount":
    "name=1 readOnly=2 mountPath=3 subPath=4 mountPropagation=5 subPathExpr=6 recursiveReadOnly=7",
  "io.k8s.api.core.v1.PodStatus":
    "phase=1 conditions=2 message=3 reason=4 hostIP=5 podIP=6 startTime=7 containerStatuses=8 qosClass=9 " +
    "initContainerStatuses=10 nominatedNodeName=11 podIPs=12 ephemeralContainerStatuses=13 resize=14 " +
    "resourceClaimStatuses=15 hostIPs=16",
  "io.k8s.api.core.v1.PodCondition": "type=1 status=2 lastProbeTime=3 lastTransitionTime=4 reason=5 message=6",
  "io.k8s.api.core.v1.ContainerStatus":
    "name=1 state=2 lastState=3 ready=4 restartCount=5 image=6 imageID=7 containerID=8 started=9",
  "io.k8s.api.core.v1.Service": "metadata=1 spec=2 status=3",
  "io.k8s.api.core.v1.ServiceSpec":
    "ports=1 selector=2 clusterIP=3 type=4 externalIPs=5 sessionAffinity=7 loadBalancerIP=8 loadBalancerSourceRanges=9 " +
    "externalName=10 externalTrafficPolicy=11 healthCheckNodePort=12 publishNotReadyAddresses=13 sessionAffinityConfig=14 " +
    "ipFamilyPolicy=17 clusterIPs=18 ipFamilies=19 allocateLoadBalancerNodePorts=20 loadBalancerClass=21 " +
    "internalTrafficPolicy=22",
  "io.k8s.api.core.v1.ServicePort": "name=1 protocol=2 port=3 targetPort=4 nodePort=5 appProtocol=6",
  "io.k8s.api.core.v1.NodeSpec":
    "podCIDR=1 externalID=2 providerID=3 unschedulable=4 taints=5 configSource=6 podCIDRs=7",
  "io.k8s.api.core.v1.NodeStatus":
    "capacity=1 allocatable=2 phase=3 conditions=4 addresses=5 daemonEndpoints=6 nodeInfo=7 images=8 volumesInUse=9 " +
    "volumesAttached=10 config=11",
  "io.k8s.api.core.v1.Secret": "metadata=1 data=2 type=3 stringData=4 immutable=5",
  "io.k8s.api.core.v1.ConfigMap": "metadata=1 data=2 binaryData=3 immutable=4",
  "io.k8s.api.core.v1.Event":
    "metadata=1 involvedObject=2 reason=3 message=4 source=5 firstTimestamp=6 lastTimestamp=7 count=8 type=9 eventTime=10 " +
    "series=11 action=12 related=13 reportingComponent=14 reportingInstance=15",
  "io.k8s.api.core.v1.Namespace": "metadata=1 spec=2 status=3",
  "io.k8s.api.core.v1.Toleration": "key=1 operator=2 value=3 effect=4 tolerationSeconds=5",
  "io.k8s.api.core.v1.ObjectReference": "kind=1 namespace=2 name=3 uid=4 apiVersion=5 resourceVersion=6 fieldPath=7",
  "io.k8s.api.apps.v1.DeploymentSpec":
    "replicas=1 selector=2 template=3 strategy=4 minReadySeconds=5 revisionHistoryLimit=6 paused=7 progressDeadlineSeconds=9",
  "io.k8s.api.apps.v1.DeploymentStatus":
    "observedGeneration=1 replicas=2 updatedReplicas=3 availableReplicas=4 unavailableReplicas=5 conditions=6 " +
    "readyReplicas=7 collisionCount=8",
  "io.k8s.api.apps.v1.ReplicaSetSpec": "replicas=1 selector=2 template=3 minReadySeconds=4",
  "io.k8s.api.apps.v1.StatefulSetSpec":
    "replicas=1 selector=2 template=3 volumeClaimTemplates=4 serviceName=5 podManagementPolicy=6 updateStrategy=7 " +
    "revisionHistoryLimit=8 minReadySeconds=9 persistentVolumeClaimRetentionPolicy=10 ordinals=11",
  "io.k8s.api.batch.v1.JobSpec":
    "parallelism=1 completions=2 activeDeadlineSeconds=3 selector=4 manualSelector=5 template=6 backoffLimit=7 " +
    "ttlSecondsAfterFinished=8 completionMode=9 suspend=10 podFailurePolicy=11",
  "io.k8s.api.coordination.v1.LeaseSpec":
    "holderIdentity=1 leaseDurationSeconds=2 acquireTime=3 renewTime=4 leaseTransitions=5",
  "io.k8s.api.discovery.v1.EndpointSlice": "metadata=1 endpoints=2 ports=3 addressType=4",
  "io.k8s.api.discovery.v1.Endpoint":
    "addresses=1 conditions=2 hostname=3 targetRef=4 deprecatedTopology=5 nodeName=6 zone=7 hints=8",
  "io.k8s.api.rbac.v1.PolicyRule": "verbs=1 apiGroups=2 resources=3 resourceNames=4 nonResourceURLs=5",
  "io.k8s.api.rbac.v1.Subject": "kind=1 apiGroup=2 name=3 namespace=4",
  "io.k8s.api.networking.v1.NetworkPolicySpec": "podSelector=1 ingress=2 egress=3 policyTypes=4",
};

const lists: readonly [string, string, string?, string?][] = [
  // field, list type and map keys, patch strategy, patch merge key
  ["v1 Pod spec.containers", "map name", "merge", "name"],
  ["v1 Pod spec.initContainers", "map name", "merge", "name"],
  ["v1 Pod spec.ephemeralContainers", "map name", "merge", "name"],
  ["v1 Pod spec.containers.ports", "map containerPort protocol", "merge", "containerPort"],
  ["v1 Pod spec.containers.env", "map name", "merge", "name"],
  ["v1 Pod spec.containers.envFrom", "atomic"],
  ["v1 Pod spec.containers.args", "atomic"],
  ["v1 Pod spec.containers.command", "atomic"],
  ["v1 Pod spec.containers.volumeMounts", "map mountPath", "merge", "mountPath"],
  ["v1 Pod spec.containers.volumeDevices", "map devicePath", "merge", "devicePath"],
  ["v1 Pod spec.containers.resources.claims", "map name"],
  ["v1 Pod spec.volumes", "map name", "merge,retainKeys", "name"],
  ["v1 Pod spec.tolerations", "atomic"],
  ["v1 Pod spec.hostAliases", "map ip", "merge", "ip"],
  ["v1 Pod spec.imagePullSecrets", "map name", "merge", "name"],
  ["v1 Pod spec.topologySpreadConstraints", "map topologyKey whenUnsatisfiable", "merge", "topologyKey"],
  ["v1 Pod spec.schedulingGates", "map name", "merge", "name"],
  ["v1 Pod status.conditions", "map type", "merge", "type"],
  ["v1 Pod status.podIPs", "map ip", "merge", "ip"],
  ["v1 Pod metadata.finalizers", "set", "merge"],
  ["v1 Pod metadata.ownerReferences", "map uid", "merge", "uid"],
  ["v1 Pod metadata.managedFields", "atomic"],
  ["v1 Service spec.ports", "map port protocol", "merge", "port"],
  ["v1 Service spec.clusterIPs", "atomic"],
  ["v1 Node spec.taints", "atomic"],
  ["v1 Node spec.podCIDRs", "set", "merge"],
  ["v1 Node status.addresses", "map type", "merge", "type"],
  ["v1 Node status.conditions", "map type", "merge", "type"],
  ["v1 ServiceAccount secrets", "map name", "merge", "name"],
  ["v1 ServiceAccount imagePullSecrets", "atomic"],
  ["v1 Endpoints subsets", "atomic"],
  ["apps/v1 Deployment status.conditions", "map type", "merge", "type"],
  ["apps/v1 Deployment spec.template.spec.containers", "map name", "merge", "name"],
  ["apps/v1 StatefulSet spec.volumeClaimTemplates", "atomic"],
  ["batch/v1 Job status.conditions", "atomic", "merge", "type"],
  ["discovery.k8s.io/v1 EndpointSlice endpoints", "atomic"],
  ["discovery.k8s.io/v1 EndpointSlice endpoints.addresses", "set"],
  ["discovery.k8s.io/v1 EndpointSlice ports", "atomic"],
  ["networking.k8s.io/v1 Ingress spec.rules", "atomic"],
  ["networking.k8s.io/v1 NetworkPolicy spec.policyTypes", "atomic"],
  ["rbac.authorization.k8s.io/v1 Role rules", "atomic"],
  ["rbac.authorization.k8s.io/v1 RoleBinding subjects", "atomic"],
  ["policy/v1 PodDisruptionBudget status.conditions", "map type", "merge", "type"],
];

describe("the schema's table", () => {
  it("has upstream's protobuf numbers", () => {
    let compared = 0;
    for (const [message, numbers] of Object.entries(protobufNumbers)) {
      const { fields } = schema.message(message);
      for (const pair of numbers.split(" ")) {
        const [name, number] = pair.split("=") as [string, string];
        expect(`${message}.${name}=${fields.get(name)?.number}`).toBe(`${message}.${name}=${number}`);
        compared++;
      }
    }
    expect(compared).toBeGreaterThan(250);
  });

  it("gives every number of a message once, where it is not nested", () => {
    for (const { name, fields } of allMessages()) {
      const numbers = [...fields.values()].filter((f) => !f.inline && f.number > 0).map((f) => f.number);
      expect(`${name}: ${new Set(numbers).size}`).toBe(`${name}: ${numbers.length}`);
    }
  });

  it.each(lists)("knows how %s merges", ([path, listType, strategy, mergeKey]) => {
    const found = field(path);
    expect([found.listType, ...found.listMapKeys ?? []].join(" ")).toBe(listType);
    expect(found.patchStrategy?.join(",")).toBe(strategy);
    expect(found.patchMergeKey).toBe(mergeKey);
  });

  it("knows required, pointer and always", () => {
    expect(field("v1 Pod spec.containers")).toMatchObject({ required: true, pointer: false, always: true });
    expect(field("apps/v1 Deployment spec.replicas")).toMatchObject({ required: false, pointer: true, always: false });
    expect(field("apps/v1 Deployment spec.selector")).toMatchObject({ required: true, pointer: true });
    expect(field("v1 Pod spec.hostNetwork")).toMatchObject({ required: false, pointer: false, always: false });
    expect(field("v1 Pod status")).toMatchObject({ required: false, pointer: false, always: true });
    expect(field("v1 Pod metadata.creationTimestamp")).toMatchObject({ pointer: false, always: false });
    expect(field("v1 Service spec.ports.port")).toMatchObject({ required: true, always: true });
  });

  it("knows scalars, maps and lists that protobuf wraps", () => {
    const scalarOf = (path: string) => innermost(field(path).type);
    expect(scalarOf("v1 Pod spec.containers.resources.limits")).toEqual({ is: "scalar", scalar: "quantity" });
    expect(field("v1 Pod spec.containers.resources.limits").type.is).toBe("map");
    expect(scalarOf("v1 Service spec.ports.targetPort")).toEqual({ is: "scalar", scalar: "intOrString" });
    expect(scalarOf("v1 Pod status.startTime")).toEqual({ is: "scalar", scalar: "time" });
    expect(scalarOf("coordination.k8s.io/v1 Lease spec.renewTime")).toEqual({ is: "scalar", scalar: "microTime" });
    expect(scalarOf("v1 Secret data")).toEqual({ is: "scalar", scalar: "bytes" });
    expect(scalarOf("apps/v1 ControllerRevision data")).toEqual({ is: "scalar", scalar: "raw" });
    expect(scalarOf("v1 Pod metadata.managedFields.fieldsV1")).toEqual({ is: "scalar", scalar: "raw" });
    expect(field("certificates.k8s.io/v1 CertificateSigningRequest spec.extra").type).toEqual({
      is: "map",
      of: { is: "list", of: { is: "scalar", scalar: "string" }, wrapped: true },
    });
  });

  it("knows enums, defaults and the types of structs and maps", () => {
    expect(field("v1 Pod spec.restartPolicy").enum).toEqual(["Always", "Never", "OnFailure"]);
    expect(field("v1 Pod spec.containers.imagePullPolicy").enum).toEqual(["Always", "IfNotPresent", "Never"]);
    expect(field("v1 Service spec.type").enum).toEqual(["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"]);
    expect(field("v1 Pod spec.containers.ports.protocol")).toMatchObject({
      enum: ["SCTP", "TCP", "UDP"],
      default: "TCP",
    });
    expect(field("v1 Service spec.ports.protocol").default).toBe("TCP");
    expect(field("v1 PersistentVolume spec.azureDisk.kind").default).toBe("Shared");
    expect(field("apps/v1 Deployment spec.selector").structType).toBe("atomic");
    expect(field("v1 Service spec.selector").mapType).toBe("atomic");
    expect(field("v1 Pod spec.nodeSelector").mapType).toBe("atomic");
    expect(field("v1 Pod metadata.ownerReferences").structType).toBe("atomic");
  });

  it("keeps the nesting that JSON flattens", () => {
    const source = "io.k8s.api.core.v1.VolumeSource";
    expect(field("v1 Pod spec.volumes.emptyDir")).toMatchObject({ number: 2, inline: [[2, source]] });
    expect(field("v1 Pod spec.containers.livenessProbe.exec")).toMatchObject({
      number: 1,
      inline: [[1, "io.k8s.api.core.v1.ProbeHandler"]],
    });
    const operations = field(
      "admissionregistration.k8s.io/v1 ValidatingAdmissionPolicy spec.matchConstraints.resourceRules.apiGroups",
    );
    expect(operations.inline).toEqual([
      [2, "io.k8s.api.admissionregistration.v1.RuleWithOperations"],
      [2, "io.k8s.api.admissionregistration.v1.Rule"],
    ]);
  });

  it("finds kinds, and only where they are", () => {
    expect(schema.ofKind("v1", "Pod")?.name).toBe("io.k8s.api.core.v1.Pod");
    expect(schema.ofKind("v1", "List")?.name).toBe("io.k8s.api.core.v1.List");
    expect(schema.ofKind("v1", "Status")?.name).toBe("io.k8s.apimachinery.pkg.apis.meta.v1.Status");
    expect(schema.ofKind("meta.k8s.io/v1", "Table")?.fields.has("columnDefinitions")).toBe(true);
    expect(schema.ofKind("apps/v1", "DeleteOptions")?.name).toBe("io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions");
    expect(schema.ofKind("autoscaling/v1", "Scale")?.name).toBe("io.k8s.api.autoscaling.v1.Scale");
    expect(schema.ofKind("v1", "Deployment")).toBeUndefined();
    expect(schema.ofKind("v1", "PodSpec")).toBeUndefined();
    expect(schema.ofKind("example.org/v1", "Pod")).toBeUndefined();
  });

  it("throws for names of no message", () => {
    for (
      const name of ["io.k8s.api.core.v1.Nope", "", "Pod", "io.k8s.api.nope.v1.Pod", "io.k8s.api.core.v1.toString"]
    ) {
      expect(() => schema.message(name)).toThrow(RangeError);
    }
  });

  it("holds every message that its fields name", () => {
    expect(allMessages().length).toBeGreaterThan(450);
  });
});

describe("the resources", () => {
  const row = (name: string, group = "") => schema.resources().find((r) => r.resource === name && r.group === group)!;

  it("are those of every served group-version", () => {
    const perVersion: Record<string, number> = {};
    for (const r of schema.resources()) perVersion[apiVersionOf(r)] = (perVersion[apiVersionOf(r)] ?? 0) + 1;
    expect(perVersion).toEqual({
      "v1": 17,
      "admissionregistration.k8s.io/v1": 6,
      "apps/v1": 5,
      "authentication.k8s.io/v1": 2,
      "authorization.k8s.io/v1": 4,
      "autoscaling/v1": 1,
      "autoscaling/v2": 1,
      "batch/v1": 2,
      "certificates.k8s.io/v1": 1,
      "coordination.k8s.io/v1": 1,
      "discovery.k8s.io/v1": 1,
      "events.k8s.io/v1": 1,
      "flowcontrol.apiserver.k8s.io/v1": 2,
      "networking.k8s.io/v1": 5,
      "node.k8s.io/v1": 1,
      "policy/v1": 1,
      "rbac.authorization.k8s.io/v1": 4,
      "resource.k8s.io/v1": 4,
      "scheduling.k8s.io/v1": 1,
      "storage.k8s.io/v1": 6,
    });
  });

  it("carry names, scope and verbs of discovery", () => {
    expect(row("pods")).toMatchObject({
      kind: "Pod",
      singular: "pod",
      namespaced: true,
      shortNames: ["po"],
      categories: ["all"],
    });
    expect(row("pods").verbs).toEqual([
      "create",
      "delete",
      "deletecollection",
      "get",
      "list",
      "patch",
      "update",
      "watch",
    ]);
    expect(row("namespaces").verbs).not.toContain("deletecollection");
    expect(row("nodes").namespaced).toBe(false);
    expect(row("networkpolicies", "networking.k8s.io").shortNames).toEqual(["netpol"]);
    expect(row("ingresses", "networking.k8s.io").singular).toBe("ingress");
    expect(row("endpoints").singular).toBe("endpoints");
    expect(row("tokenreviews", "authentication.k8s.io").verbs).toEqual(["create"]);
    expect(row("componentstatuses").verbs).toEqual(["get", "list"]);
  });

  it("carry their subresources", () => {
    const names = (r: string, group = "") => row(r, group).subresources.map((s) => s.name).join(" ");
    expect(names("pods")).toBe(
      "attach binding ephemeralcontainers eviction exec log portforward proxy resize status",
    );
    expect(names("deployments", "apps")).toBe("scale status");
    expect(names("namespaces")).toBe("finalize status");
    expect(names("serviceaccounts")).toBe("token");
    const scale = row("deployments", "apps").subresources[0];
    expect(scale).toEqual({
      name: "scale",
      group: "autoscaling",
      version: "v1",
      kind: "Scale",
      verbs: ["get", "patch", "update"],
    });
    for (const { subresources } of schema.resources()) {
      for (const s of subresources) expect(schema.ofKind(apiVersionOf(s), s.kind)).toBeDefined();
    }
  });

  it("have a kind, a list and a constant each", () => {
    const byPlace = new Map(
      Object.values(constants).map((r: Resource) => [`${apiVersionOf(r)} ${r.resource}`, r]),
    );
    expect(byPlace.size).toBe(schema.resources().length);
    for (const r of schema.resources()) {
      expect(byPlace.get(`${apiVersionOf(r)} ${r.resource}`)).toEqual({
        group: r.group,
        version: r.version,
        resource: r.resource,
        kind: r.kind,
        namespaced: r.namespaced,
      });
      expect(schema.ofKind(apiVersionOf(r), r.kind)?.fields.has("metadata")).toBe(true);
      if (r.verbs.includes("list")) {
        expect(schema.ofKind(apiVersionOf(r), `${r.kind}List`)?.fields.has("items")).toBe(true);
      }
    }
  });
});

/** Every message that a resource or its list reaches. */
function allMessages() {
  const found = new Map<string, ReturnType<typeof schema.message>>();
  const reach = (name: string) => {
    if (found.has(name)) return;
    const message = schema.message(name);
    found.set(name, message);
    for (const f of message.fields.values()) {
      const of = innermost(f.type);
      if (of.is === "message") reach(of.message);
    }
  };
  for (const r of schema.resources()) {
    for (const kind of [r.kind, `${r.kind}List`]) {
      const message = schema.ofKind(apiVersionOf(r), kind);
      if (message) reach(message.name);
    }
  }
  return [...found.values()];
}
