import { describe, expect, it } from "vitest";
import type { Container, Node, Pod } from "../../api/types/core_v1.ts";
import type { Image } from "../runtime/contract.ts";
import { dnsConfig, parseResolvConf } from "./dns_config.ts";
import { hostsFile, sandboxHostname } from "./hostname.ts";
import { defaultPullPolicy, parseImageReference } from "./image_reference.ts";
import { refusal } from "./node_admission.ts";
import type { NodeFacts } from "./node_facts.ts";
import { registryAuths } from "./pull_secrets.ts";
import { containerResources } from "./resources.ts";
import { containerSecurity } from "./security_context.ts";

const facts = { clusterDns: ["10.43.0.10"], clusterDomain: "cluster.local" } as unknown as NodeFacts;

function podOf(spec: Partial<Pod["spec"]>, container: Partial<Container> = {}): Pod {
  return {
    metadata: { name: "web-0", namespace: "apps", uid: "u" },
    spec: { containers: [{ name: "web", ...container }], ...spec },
  };
}

describe("dnsConfig", () => {
  const file = "# comment\nnameserver 192.0.2.53\nsearch example.com lan.\noptions edns0 ndots:1\n";
  const cluster = {
    servers: ["10.43.0.10"],
    searches: ["apps.svc.cluster.local", "svc.cluster.local", "cluster.local", "example.com", "lan"],
    options: ["ndots:5"],
  };
  const node = { servers: ["192.0.2.53"], searches: ["example.com", "lan"], options: ["edns0", "ndots:1"] };

  it("asks the cluster's servers, unless the Pod has the node's network or says otherwise", () => {
    expect(dnsConfig(podOf({}), facts, file)).toEqual(cluster);
    expect(dnsConfig(podOf({ dnsPolicy: "Default" }), facts, file)).toEqual(node);
    expect(dnsConfig(podOf({ hostNetwork: true }), facts, file)).toEqual(node);
    expect(dnsConfig(podOf({ hostNetwork: true, dnsPolicy: "ClusterFirstWithHostNet" }), facts, file)).toEqual(cluster);
  });

  it("adds the Pod's own settings, the newer option before the older", () => {
    const own = {
      nameservers: ["192.0.2.1"],
      searches: ["x"],
      options: [{ name: "ndots", value: "2" }, { name: "rotate" }],
    };
    expect(dnsConfig(podOf({ dnsPolicy: "None", dnsConfig: own }), facts, file)).toEqual({
      servers: ["192.0.2.1"],
      searches: ["x"],
      options: ["ndots:2", "rotate"],
    });
    expect(dnsConfig(podOf({ dnsConfig: own }), facts, file).options).toEqual(["ndots:2", "rotate"]);
  });

  it("reads no more than a resolver would use", () => {
    expect(parseResolvConf("nameserver 1\nnameserver 2\nnameserver 3\nnameserver 4").servers).toEqual(["1", "2", "3"]);
  });
});

describe("hostnames", () => {
  it("are the Pod's name, or what the spec says", () => {
    expect(sandboxHostname(podOf({}), "cluster.local", "node1")).toBe("web-0");
    expect(sandboxHostname(podOf({ hostNetwork: true }), "cluster.local", "node1")).toBe("node1");
    const named = podOf({ hostname: "db", subdomain: "dbs", setHostnameAsFQDN: true });
    expect(sandboxHostname(named, "cluster.local", "node1")).toBe("db.dbs.apps.svc.cluster.local");
    expect(hostsFile(named, ["10.42.0.5"], "cluster.local", "")).toContain(
      "10.42.0.5\tdb.dbs.apps.svc.cluster.local\tdb\n",
    );
  });
  it("keeps the node's file with host networking", () => {
    expect(hostsFile(podOf({ hostNetwork: true }), [], "cluster.local", "127.0.0.1 me\n")).toContain("127.0.0.1 me");
  });
});

describe("parseImageReference", () => {
  it.each(
    [
      ["busybox", { registry: "docker.io", repository: "library/busybox" }],
      ["a/b:1", { registry: "docker.io", repository: "a/b", tag: "1" }],
      ["localhost:5000/x", { registry: "localhost:5000", repository: "x" }],
      ["r.io/a/b/c:v1.2_3", { registry: "r.io", repository: "a/b/c", tag: "v1.2_3" }],
    ] as const,
  )("takes apart", ([text, parts]) => expect(parseImageReference(text)).toEqual(parts));
  it.each(["", "UPPER", "a//b", "a:", "a b", "-a"])(
    "refuses %s",
    (text) => expect(parseImageReference(text)).toBeUndefined(),
  );
  it("pulls each time what may have moved", () => {
    expect(defaultPullPolicy("a")).toBe("Always");
    expect(defaultPullPolicy("a:latest")).toBe("Always");
    expect(defaultPullPolicy("a:1")).toBe("IfNotPresent");
    expect(defaultPullPolicy(`a@sha256:${"0".repeat(64)}`)).toBe("IfNotPresent");
  });
});

describe("registryAuths", () => {
  const secretOf = (auths: Record<string, unknown>) => ({
    metadata: {},
    type: "kubernetes.io/dockerconfigjson",
    data: { ".dockerconfigjson": btoa(JSON.stringify({ auths })) },
  });
  const users = (auths: Record<string, unknown>, image: string) =>
    registryAuths([secretOf(auths)], parseImageReference(image)!).map(({ username }) => username);
  const entry = (username: string) => ({ username, password: "p" });

  it("finds those for the registry, the most exact first", () => {
    const auths = { "r.io": entry("all"), "https://r.io/team": entry("team"), "other.io": entry("no") };
    expect(users(auths, "r.io/team/app:1")).toEqual(["team", "all"]);
    expect(users(auths, "r.io/teammate/app:1")).toEqual(["all"]);
    expect(users({ "*.r.io": entry("any") }, "eu.r.io/x")).toEqual(["any"]);
    expect(users({ "https://index.docker.io/v1/": entry("hub") }, "busybox")).toEqual(["hub"]);
  });
  it("passes over what it cannot read", () => {
    const broken = { metadata: {}, type: "kubernetes.io/dockerconfigjson", data: { ".dockerconfigjson": btoa("{") } };
    expect(registryAuths([broken], parseImageReference("a")!)).toEqual([]);
  });
});

describe("containerSecurity", () => {
  const image = (user: Partial<Image>): Image => ({ id: "i", tags: [], digests: [], bytes: 1, pinned: false, ...user });
  const of = (pod: Pod, from?: Image) => containerSecurity(pod, pod.spec.containers[0]!, from, "/seccomp");

  it("puts the container's settings before its Pod's", () => {
    const pod = podOf(
      {
        securityContext: {
          runAsUser: 1,
          runAsGroup: 2,
          fsGroup: 3,
          supplementalGroups: [4],
          seccompProfile: { type: "RuntimeDefault" },
        },
      },
      { securityContext: { runAsUser: 9, allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } } },
    );
    expect(of(pod)).toMatchObject({
      runAsUser: 9,
      runAsGroup: 2,
      supplementalGroups: [3, 4],
      noNewPrivileges: true,
      dropCapabilities: ["ALL"],
      seccomp: { type: "runtimeDefault" },
    });
  });
  it("hides nothing from the privileged", () => {
    expect(of(podOf({}, { securityContext: { privileged: true } }))).toMatchObject({
      maskedPaths: [],
      readonlyPaths: [],
    });
    expect(of(podOf({})).maskedPaths).toContain("/proc/kcore");
  });
  it.each(
    [
      [{}, { uid: 0 }, "runs as root"],
      [{}, {}, "runs as root"],
      [{}, { username: "app" }, "is not a number"],
      [{ runAsUser: 0 }, {}, "runAsUser is 0"],
    ] as const,
  )("refuses root where it may not be", ([own, user, message]) => {
    const pod = podOf({}, { securityContext: { ...own, runAsNonRoot: true } });
    expect(() => of(pod, image(user))).toThrow(message);
  });
  it("takes another user than root", () => {
    const pod = podOf({ securityContext: { runAsNonRoot: true } });
    expect(of(pod, image({ uid: 1000 })).runAsUser).toBe(1000);
  });
});

describe("containerResources", () => {
  const of = (resources: Container["resources"]) => {
    const pod = podOf({}, resources ? { resources } : {});
    return containerResources(pod, pod.spec.containers[0]!, 8 * 2 ** 30);
  };
  it("turns requests into shares and limits into quotas, and says who is killed first", () => {
    expect(of(undefined)).toEqual({ cpuPeriod: 100000, cpuShares: 2, oomScoreAdj: 1000 });
    expect(of({ requests: { cpu: "500m", memory: "2Gi" } })).toMatchObject({ cpuShares: 512, oomScoreAdj: 750 });
    const limits = { cpu: "2", memory: "1Gi" };
    expect(of({ limits, requests: limits })).toEqual({
      cpuPeriod: 100000,
      cpuShares: 2048,
      cpuQuota: 200000,
      memoryLimitBytes: 2 ** 30,
      oomScoreAdj: -997,
    });
  });
});

describe("refusal", () => {
  const node: Node = {
    metadata: { name: "node1", labels: { disk: "ssd" } },
    spec: { taints: [{ key: "gone", effect: "NoExecute" }] },
    status: { allocatable: { cpu: "1", memory: "1Gi", pods: "3" } },
  };
  const tolerations = [{ operator: "Exists" }];
  const why = (pod: Pod, others: Pod[] = []) => refusal(pod, others, node, ["net.core.*"])?.reason;
  const port = (hostPort: number, hostIP?: string) =>
    podOf({ tolerations }, { ports: [{ containerPort: 80, hostPort, ...(hostIP ? { hostIP } : {}) }] });

  it("lets in what fits", () => expect(why(podOf({ tolerations, nodeSelector: { disk: "ssd" } }))).toBeUndefined());
  it.each([
    [podOf({}), "TaintToleration"],
    [podOf({ tolerations, nodeSelector: { disk: "hdd" } }), "NodeAffinity"],
    [podOf({ tolerations }, { resources: { requests: { cpu: "1100m" } } }), "OutOfcpu"],
    [podOf({ tolerations, os: { name: "windows" } }), "PodOSNotSupported"],
    [podOf({ tolerations, securityContext: { sysctls: [{ name: "kernel.msgmax", value: "1" }] } }), "SysctlForbidden"],
    [podOf({ tolerations, securityContext: { sysctls: [{ name: "net.core.somaxconn", value: "1" }] } }), undefined],
  ] as [Pod, string | undefined][])("refuses", ([pod, reason]) => expect(why(pod)).toBe(reason));
  it("counts those that run", () => {
    const half = podOf({ tolerations }, { resources: { requests: { cpu: "600m" } } });
    expect(why(half, [half])).toBe("OutOfcpu");
    expect(why(podOf({ tolerations }), [half, half, half])).toBe("OutOfpods");
    expect(why(port(80), [port(80)])).toBe("NodePorts");
    expect(why(port(80, "192.0.2.1"), [port(80, "192.0.2.2")])).toBeUndefined();
  });
});
