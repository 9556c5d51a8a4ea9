import { describe, expect, it } from "vitest";
import type { Container, Pod, PodSpec, Volume } from "../../../api/types/core_v1.ts";
import { podStrategy } from "./pod.ts";
import { podTemplateWarnings, podWarnings } from "./pod_warnings.ts";
import { root } from "../../../api/meta/field.ts";

const image = "busybox:1.36";

function podOf(spec: Partial<PodSpec>, annotations?: Record<string, string>): Pod {
  const metadata = { name: "p", ...annotations && { annotations } };
  return { metadata, spec: { serviceAccountName: "default", containers: [{ name: "main", image }], ...spec } } as Pod;
}

/** A new Pod as it would be stored, and what its client is told. */
function prepared(pod: Pod): { pod: Pod; warned: string[] } {
  const warned: string[] = [];
  podStrategy.defaults!(pod);
  podStrategy.prepareForCreate!(pod, { now: Date.parse("2026-01-02T03:04:05Z"), warn: (text) => warned.push(text) });
  return { pod, warned };
}

function faults(spec: Partial<PodSpec>): string[] {
  return podStrategy.validate!(prepared(podOf(spec)).pod).map(String);
}

const withVolume = (source: Partial<Volume>) => ({ volumes: [{ name: "v", ...source }] });
const withMain = (container: Partial<Container>) => ({ containers: [{ name: "main", image, ...container }] });
const at = "spec.volumes[0]";
const main = "spec.containers[0]";

describe("a Pod's volumes", () => {
  it.each<[Partial<Volume>, ...string[]]>([
    [{ gitRepo: { repository: "", directory: "/a" } }, `${at}.gitRepo.repository: Required`, "must be a relative path"],
    [{ nfs: { server: "s", path: "a" } }, `${at}.nfs.path: Invalid value: "a": must be an absolute path`],
    [{ gcePersistentDisk: { pdName: "" } }, `${at}.persistentDisk.pdName: Required value`],
    [
      { iscsi: { targetPortal: "a".repeat(70), iqn: "iqn.2026-01.com.example:a", lun: 0, initiatorName: "x" } },
      `${at}.iscsi.initiatorname: Invalid value: "x": must be valid format starting with iqn, eui, or naa`,
      `${at}.name: Invalid value: "v": Total length of <volume name>:<iscsi.targetPortal>`,
    ],
    [
      { csi: { driver: "d_d", nodePublishSecretRef: { name: "A" } } },
      `${at}.csi.driver: Invalid`,
      `${at}.csi.name: Inv`,
    ],
    [{ cinder: { volumeID: "a", secretRef: {} } }, `${at}.cinder.secretRef.name: Required value`],
    [{ image: { reference: "" } }, `${at}.image.reference: Required value`],
    [{ ephemeral: {} }, `${at}.ephemeral.volumeClaimTemplate: Required value`],
    [
      {
        ephemeral: {
          volumeClaimTemplate: {
            metadata: { name: "n" },
            spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1" } } },
          },
        },
      },
      `${at}.ephemeral.volumeClaimTemplate.metadata.name: Forbidden: cannot be set`,
    ],
    [{ emptyDir: {}, cephfs: { monitors: ["a"] } }, `${at}.cephFS: Forbidden: may not specify more than 1 volume type`],
    [
      { configMap: { name: "m", items: [{ key: "k", path: "..a" }] } },
      `${at}.configMap.items[0].path: Invalid value: "..a": must not start with '..'`,
    ],
    [
      { downwardAPI: { items: [{ path: "a", fieldRef: { fieldPath: "spec.nodeName" } }] } },
      `${at}.downwardAPI.fieldRef.fieldPath: Unsupported value: "spec.nodeName": supported values: "metadata.annotations"`,
    ],
    [
      { downwardAPI: { items: [{ path: "a", fieldRef: { fieldPath: "metadata.name['a']" } }] } },
      "error converting fieldPath: field label does not support subscript: metadata.name['a']",
    ],
    [
      { downwardAPI: { items: [{ path: "a", resourceFieldRef: { resource: "limits.cpu", divisor: "1k" } }] } },
      `${at}.downwardAPI.resourceFieldRef.containerName: Required value`,
      `resourceFieldRef.divisor: Invalid value: "limits.cpu": only divisor's values 1m and 1 are supported with the cpu`,
    ],
    [
      {
        projected: {
          sources: [
            { secret: { name: "s", items: [{ key: "k", path: "p" }] }, configMap: { name: "m" } },
            { downwardAPI: { items: [{ path: "p", fieldRef: { fieldPath: "metadata.name" } }] } },
            { serviceAccountToken: { path: "", expirationSeconds: 1 } },
          ],
        },
      },
      `${at}.projected.sources[0]: Forbidden: may not specify more than 1 volume type per source`,
      `${at}.projected: Invalid value: "p": conflicting duplicate paths`,
      `${at}.projected.sources[2].serviceAccountToken.expirationSeconds: Invalid value: 1: may not specify a duration less`,
      `${at}.projected.path: Required value`,
    ],
  ])("are refused: %j", ([source, ...messages]) => {
    const found = faults(withVolume(source));
    expect(found).toHaveLength(messages.length);
    for (const [index, message] of messages.entries()) expect(found[index]).toContain(message);
  });

  it("cannot be mounted when something is wrong with them", () => {
    const spec = {
      ...withVolume({ nfs: { server: "", path: "/" } }),
      ...withMain({ volumeMounts: [{ name: "v", mountPath: "/v" }] }),
    };
    expect(faults(spec)).toEqual([`${at}.nfs.server: Required value`, `${main}.volumeMounts[0].name: Not found: "v"`]);
  });

  it("lose the sources of features that are off", () => {
    const source = { clusterTrustBundle: { path: "a" }, podCertificate: { signerName: "a", keyType: "a" } };
    const { pod } = prepared(podOf(withVolume({ projected: { sources: [source] } })));
    expect(pod.spec.volumes?.[0]?.projected?.sources).toEqual([{}]);
  });
});

describe("a Pod's containers", () => {
  it.each<[Partial<PodSpec>, ...string[]]>([
    [
      { ...withVolume({ emptyDir: {} }), ...withMain({ volumeDevices: [{ name: "v", devicePath: "/dev/../a" }] }) },
      `${main}.volumeDevices[0].name: Invalid value: "v": can only use volume source type of PersistentVolumeClaim or Eph`,
      `${main}.volumeDevices[0].devicePath: Invalid value: "/dev/../a": can not contain backsteps ('..')`,
    ],
    [
      withMain({ env: [{ name: "A", valueFrom: { fileKeyRef: { volumeName: "v", path: "a", key: "K" } } }] }),
      `${main}.env[0].valueFrom.fileKeyRef.volumeName: Not found: "v"`,
    ],
    [
      {
        ...withVolume({ configMap: { name: "m" } }),
        ...withMain({ env: [{ name: "A", valueFrom: { fileKeyRef: { volumeName: "v", path: "a", key: "K" } } }] }),
      },
      "referenced volume must be of type emptyDir",
    ],
    [
      withMain({ securityContext: { procMount: "Unmasked" } }),
      `${main}.securityContext.procMount: Invalid value: "Unmasked": \`hostUsers\` must be false to use \`Unmasked\``,
    ],
    [
      withMain({ lifecycle: { preStop: { sleep: { seconds: 31 } } } }),
      `${main}.lifecycle.preStop.sleep: Invalid value: 31: must be non-negative and less than terminationGracePeriodSeconds (30)`,
    ],
    [
      { initContainers: [{ name: "main", image, livenessProbe: {}, restartPolicy: "" }] },
      'spec.initContainers[0].restartPolicy: Unsupported value: "": supported values: "Always", "Never", "OnFailure"',
      'spec.initContainers[0].name: Duplicate value: "main"',
      "spec.initContainers[0].livenessProbe: Forbidden: may not be set for init containers without restartPolicy=Always",
    ],
    [
      { hostUsers: false, hostPID: true, hostNetwork: true },
      "spec.hostNetwork: Forbidden: when `hostUsers` is false",
      "spec.HostPID: Forbidden: when `hostUsers` is false",
    ],
    [
      { os: { name: "windows" }, hostPID: true, ...withMain({ securityContext: { privileged: true } }) },
      "spec.hostPID: Forbidden: cannot be set for a windows pod",
      `${main}.securityContext.privileged: Forbidden: cannot be set for a windows pod`,
    ],
    [
      { os: { name: "linux" }, securityContext: { windowsOptions: { runAsUserName: "a\\b\\c" } } },
      "spec.securityContext.windowsOptions.runAsUserName: Invalid value",
      "spec.securityContext.windowsOptions: Forbidden: windows options cannot be set for a linux pod",
    ],
    [
      { securityContext: { windowsOptions: { hostProcess: true } } },
      "spec.hostNetwork: Invalid value: false: hostNetwork must be true if pod contains any hostProcess containers",
    ],
    [
      { securityContext: { seLinuxChangePolicy: "MountOption" } },
      'spec.securityContext.seLinuxChangePolicy: Unsupported value: "MountOption": supported values: "Recursive"',
    ],
    [
      { serviceAccountName: "", ...withVolume({ projected: { sources: [{ serviceAccountToken: { path: "t" } }] } }) },
      `${at}.projected.sources[0].serviceAccountToken: Forbidden: must not be specified when serviceAccountName is not set`,
    ],
    [
      {
        topologySpreadConstraints: [{
          maxSkew: 1,
          topologyKey: "zone",
          whenUnsatisfiable: "DoNotSchedule",
          matchLabelKeys: ["a"],
        }],
      },
      "spec.topologySpreadConstraints[0].matchLabelKeys: Forbidden: must not be specified when labelSelector is not set",
    ],
  ])("are refused: %j", ([spec, ...messages]) => {
    const found = faults(spec);
    expect(found).toHaveLength(messages.length);
    for (const [index, message] of messages.entries()) expect(found[index]).toContain(message);
  });
});

describe("a new Pod", () => {
  it("has the values of the labels that its selectors name", () => {
    const pod = podOf({
      affinity: {
        podAntiAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: [{
            topologyKey: "zone",
            labelSelector: {},
            matchLabelKeys: ["hash", "missing"],
            mismatchLabelKeys: ["tenant"],
          }],
        },
      },
      topologySpreadConstraints: [
        {
          maxSkew: 1,
          topologyKey: "zone",
          whenUnsatisfiable: "DoNotSchedule",
          labelSelector: {},
          matchLabelKeys: ["hash"],
        },
      ],
    });
    pod.metadata.labels = { hash: "1", tenant: "t" };
    const { spec } = prepared(pod).pod;
    const hash = { key: "hash", operator: "In", values: ["1"] };
    expect(spec.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.[0]?.labelSelector)
      .toEqual({ matchExpressions: [hash, { key: "tenant", operator: "NotIn", values: ["t"] }] });
    expect(spec.topologySpreadConstraints?.[0]?.labelSelector).toEqual({ matchExpressions: [hash] });
    expect(podStrategy.validate!(pod)).toEqual([]);
  });

  it("has AppArmor profiles of annotations in its containers' fields, and is told so", () => {
    const key = "container.apparmor.security.beta.kubernetes.io/main";
    const said = `metadata.annotations[${key}]: deprecated since v1.30; use the "appArmorProfile" field instead`;
    const { pod, warned } = prepared(podOf({}, { [key]: "localhost/p" }));
    expect(pod.spec.containers[0]?.securityContext).toEqual({
      appArmorProfile: { type: "Localhost", localhostProfile: "p" },
    });
    expect(warned).toEqual([said]);
    const same = prepared(
      podOf({ securityContext: { appArmorProfile: { type: "Unconfined" } } }, { [key]: "unconfined" }),
    );
    expect([same.pod.spec.containers[0]?.securityContext, same.warned]).toEqual([undefined, []]);
    const template = { metadata: { annotations: { [key]: "unconfined" } }, spec: podOf({}).spec };
    expect(podTemplateWarnings(template, root("spec", "template"))).toEqual([`spec.template.${said}`]);
  });

  it.each<[Partial<PodSpec>, string]>([
    [
      { nodeSelector: { "beta.kubernetes.io/os": "linux" } },
      "spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14",
    ],
    [
      withVolume({ configMap: { name: "m", items: [{ key: "a", path: "p/" }, { key: "b", path: "p/q" }] } }),
      'volume "v" (ConfigMap "m"): overlapping paths: "p/q" with "p"',
    ],
    [
      withVolume({
        projected: {
          sources: [{ serviceAccountToken: { path: "t" } }, {
            secret: { name: "s", items: [{ key: "k", path: "t" }] },
          }],
        },
      }),
      'volume "v" (Projected): overlapping paths: "t" (Secret "s") with "t" (ServiceAccountToken)',
    ],
    [
      withMain({ resources: { limits: { memory: "100m" } } }),
      `${main}.resources.limits[memory]: fractional byte value "100m" is invalid, must be an integer`,
    ],
    [
      { hostAliases: [{ ip: "2001:DB8::1" }] },
      'spec.hostAliases[0].ip: IPv6 address "2001:DB8::1" should be in RFC 5952 canonical format ("2001:db8::1")',
    ],
    [
      { affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: "z" }] } } },
      "requiredDuringSchedulingIgnoredDuringExecution[0].labelSelector: a null labelSelector results in matching no pod",
    ],
  ])("is warned of %j, and never again", ([spec, message]) => {
    const pod = podOf(spec);
    expect(podWarnings(pod)[0]).toContain(message);
    expect(podWarnings(pod, pod)).toEqual([]);
  });

  it("that waits at its gates says since when", () => {
    const { status } = prepared(podOf({ schedulingGates: [{ name: "g" }] })).pod;
    expect(status?.conditions?.[0]?.lastTransitionTime).toBe("2026-01-02T03:04:05Z");
  });
});
