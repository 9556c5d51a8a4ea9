import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { IMAGE, TestCluster } from "./cluster.ts";
import { retry } from "./retry.ts";

const pod = (name: string, namespace: string, container = "", spec = "") => `
apiVersion: v1
kind: Pod
metadata: {name: ${name}, namespace: ${namespace}, labels: {app: ${name}}}
spec: {${spec} containers: [{name: main, image: ${IMAGE}, command: [sleep, "3600"]${container}}]}
`;

/** What keeps a namespace's users within bounds, seen through kubectl. */
describe("admission", () => {
  let cluster: TestCluster;
  beforeAll(async () => {
    cluster = await TestCluster.start();
    for (const name of ["quota", "limits", "secure", "budget"]) await cluster.kubectl("create", "namespace", name);
  });
  afterAll(async () => await cluster?.[Symbol.asyncDispose]());

  /** What kubectl printed, refusals and warnings included. */
  async function apply(manifest: string): Promise<string> {
    const { stdout, stderr } = await cluster.tryKubectl(["apply", "-f", "-"], manifest);
    return stdout + stderr;
  }

  const used = () => cluster.jsonpath("quota q -n quota", "{.status.used.pods} {.status.used.limits\\.memory}");

  it("holds a namespace to its quota, and gives back what ends and goes", async () => {
    await cluster.kubectl("create", "quota", "q", "--hard=pods=1,limits.memory=64Mi", "-n", "quota");
    await retry("the quota's status", async () => expect(await used()).toBe("0 0"));
    expect(await apply(pod("a", "quota"))).toContain(
      'pods "a" is forbidden: failed quota: q: must specify limits.memory for: main',
    );
    const limited = ", resources: {limits: {memory: 32Mi}}";
    expect(await apply(pod("a", "quota", limited))).toContain("pod/a created");
    expect(await used()).toBe("1 32Mi");
    expect(await apply(pod("b", "quota", limited))).toContain(
      'pods "b" is forbidden: exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1',
    );
    const described = await cluster.kubectl("describe", "quota", "q", "-n", "quota");
    expect(described).toMatch(/limits\.memory +32Mi +64Mi\npods +1 +1\n/);
    await cluster.kubectl("delete", "pod", "a", "-n", "quota", "--now");
    await retry("the quota to be free", async () => expect(await used()).toBe("0 0"));
  }, 60_000);

  it("tells a Deployment's owner which quota its Pods exceed", async () => {
    await retry("the quota to be free", async () => expect(await used()).toBe("0 0"));
    await cluster.kubectl("create", "deployment", "web", `--image=${IMAGE}`, "-n", "quota");
    await retry("the event", async () => {
      const events = await cluster.kubectl("get", "events", "-n", "quota", "--field-selector=reason=FailedCreate");
      expect(events).toContain("failed quota: q: must specify limits.memory for: ");
    });
  }, 60_000);

  it("gives Pods their namespace's limits", async () => {
    await apply(`
apiVersion: v1
kind: LimitRange
metadata: {name: range, namespace: limits}
spec: {limits: [{type: Container, default: {memory: 32Mi}, max: {memory: 64Mi}}]}
`);
    expect(await apply(pod("a", "limits"))).toContain("pod/a created");
    const resources = "{.spec.containers[0].resources}";
    expect(JSON.parse(await cluster.jsonpath("pod a -n limits", resources))).toEqual({
      limits: { memory: "32Mi" },
      requests: { memory: "32Mi" },
    });
    expect(await apply(pod("b", "limits", ", resources: {limits: {memory: 1Gi}}"))).toContain(
      "maximum memory usage per Container is 64Mi, but limit is 1Gi",
    );
    expect(await cluster.kubectl("describe", "limits", "range", "-n", "limits")).toMatch(
      /Container +memory +- +64Mi +32Mi +32Mi +-/,
    );
  }, 60_000);

  it("enforces Pod Security, and warns where it cannot", async () => {
    expect(await apply(pod("old", "secure", "", "hostNetwork: true,"))).toContain("pod/old created");
    const label = await cluster.tryKubectl([
      "label",
      "namespace",
      "secure",
      "pod-security.kubernetes.io/enforce=baseline",
      "pod-security.kubernetes.io/warn=restricted",
    ]);
    expect(label.stderr).toContain(
      'Warning: existing pods in namespace "secure" violate the new PodSecurity enforce level "baseline:latest"',
    );
    expect(label.stderr).toContain("Warning: old: host namespaces");
    expect(await apply(pod("a", "secure", ", securityContext: {privileged: true}"))).toContain(
      'pods "a" is forbidden: violates PodSecurity "baseline:latest": privileged (container "main" must not set securityContext.privileged=true)',
    );
    const deployment = await cluster.tryKubectl(["create", "deployment", "d", `--image=${IMAGE}`, "-n", "secure"]);
    expect(deployment.stdout).toContain("deployment.apps/d created");
    expect(deployment.stderr).toMatch(
      /^Warning: would violate PodSecurity "restricted:latest": allowPrivilegeEscalation/,
    );
    const bad = await cluster.tryKubectl(["label", "namespace", "secure", "pod-security.kubernetes.io/audit=tight"]);
    expect(bad.stderr).toContain("must be one of privileged, baseline, restricted");
  }, 60_000);

  it("drains a node no faster than budgets allow", async () => {
    for (const name of ["a", "b"]) {
      await apply(pod(name, "budget", "", "terminationGracePeriodSeconds: 0,").replace(`app: ${name}`, "app: web"));
    }
    await cluster.kubectl("create", "pdb", "web", "--selector=app=web", "--min-available=1", "-n", "budget");
    const allowed = () => cluster.jsonpath("pdb web -n budget", "{.status.disruptionsAllowed}");
    await retry("both Pods to be ready", async () => expect(await allowed()).toBe("1"));
    const node = await cluster.jsonpath("pod a -n budget", "{.spec.nodeName}");
    const drain = await cluster.tryKubectl([
      "drain",
      node,
      "--pod-selector=app=web",
      "--force",
      "--timeout=3s",
      "--skip-wait-for-delete-timeout=1",
    ]);
    expect(drain.code).not.toBe(0);
    expect(drain.stderr).toContain("Cannot evict pod as it would violate the pod's disruption budget.");
    const left = await cluster.kubectl("get", "pods", "-n", "budget", "-o", "name");
    expect(left.trim().split("\n").length).toBe(1);
    await cluster.kubectl("delete", "pdb", "web", "-n", "budget");
    await cluster.kubectl("drain", node, "--pod-selector=app=web", "--force", "--timeout=20s");
    await cluster.kubectl("uncordon", node);
  }, 60_000);
});
