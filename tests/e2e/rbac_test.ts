import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { certificateRequest } from "../fixtures/certificate_request.ts";
import { IMAGE, type Output, run, TestCluster } from "./cluster.ts";
import { retry } from "./retry.ts";

/** Calls kubectl with a token, or a certificate, and nothing of the administrator's. */
async function kubectlAs(cluster: TestCluster, flags: readonly string[], ...args: string[]): Promise<Output> {
  const config = JSON.parse(await cluster.kubectl("config", "view", "--raw", "-o", "json"));
  const { server, ...authority } = config.clusters[0].cluster;
  const ca = `${cluster.directory}/ca.crt`;
  await Deno.writeTextFile(ca, atob(authority["certificate-authority-data"]));
  const connection = ["--kubeconfig=/dev/null", `--server=${server}`, `--certificate-authority=${ca}`];
  return await run("kubectl", [...connection, ...flags, ...args]);
}

describe("roles, from kubectl", () => {
  let cluster: TestCluster;
  beforeAll(async () => void (cluster = await TestCluster.start({ flags: ["--disable-agent"] })));
  afterAll(async () => await cluster?.[Symbol.asyncDispose]());

  it("can-i answers what roles allow", async () => {
    const canI = async (...args: string[]) =>
      (await cluster.tryKubectl(["auth", "can-i", ...args])).stdout.trim().split("\n").at(-1);
    expect(await canI("create", "nodes")).toBe("yes");
    expect(await canI("list", "pods", "--as=jane")).toBe("no");
    await cluster.kubectl("create", "role", "reader", "--verb=get,list", "--resource=pods,pods/log");
    await cluster.kubectl("create", "rolebinding", "jane", "--role=reader", "--user=jane");
    expect(await canI("list", "pods", "--as=jane")).toBe("yes");
    expect(await canI("get", "pods", "--subresource=log", "--as=jane")).toBe("yes");
    expect(await canI("list", "pods", "--as=jane", "-n", "kube-system")).toBe("no");
    expect(await canI("delete", "pods", "--as=jane")).toBe("no");
    const anonymous = async (path: string) =>
      (await cluster.tryKubectl(["get", "--raw", path, "--as=system:anonymous"])).code;
    expect([await anonymous("/readyz"), await anonymous("/apis")]).toEqual([0, 1]);
    const list = await cluster.kubectl("auth", "can-i", "--list", "--as=jane");
    expect(list).toMatch(/^pods\s+\[\]\s+\[\]\s+\[get list\]$/m);
    expect(list).toMatch(/^selfsubjectreviews.authentication.k8s.io\s/m);
    expect(await cluster.kubectl("auth", "whoami", "-o", "jsonpath={.status.userInfo.username}", "--as=jane")).toBe(
      "jane",
    );
  });

  it("cluster roles count everywhere, and end with their binding", async () => {
    await cluster.kubectl("create", "clusterrole", "nodes", "--verb=list", "--resource=nodes");
    await cluster.kubectl("create", "clusterrolebinding", "team", "--clusterrole=nodes", "--group=team");
    const list = ["get", "nodes", "--as=joe", "--as-group=team"];
    expect((await cluster.tryKubectl(list)).code).toBe(0);
    await cluster.kubectl("delete", "clusterrolebinding", "team");
    const refused = await cluster.tryKubectl(list);
    expect(refused.stderr).toBe(
      'Error from server (Forbidden): nodes is forbidden: User "joe" cannot list resource "nodes" in API group "" at the cluster scope\n',
    );
  });

  it("nobody gives more than they have", async () => {
    await cluster.kubectl("create", "namespace", "team");
    await cluster.kubectl("create", "rolebinding", "boss", "-n", "team", "--clusterrole=admin", "--user=boss");
    const as = ["-n", "team", "--as=boss"];
    await cluster.kubectl("create", "rolebinding", "viewer", "--clusterrole=view", "--user=joe", ...as);
    const bound = await cluster.tryKubectl([
      "create",
      "rolebinding",
      "root",
      "--clusterrole=cluster-admin",
      "--user=boss",
      ...as,
    ]);
    expect(bound.stderr).toContain(
      'user "boss" (groups=["system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n' +
        '{APIGroups:["*"], Resources:["*"], Verbs:["*"]}\n{NonResourceURLs:["*"], Verbs:["*"]}',
    );
    const made = await cluster.tryKubectl(["create", "role", "nodes", "--verb=get,list", "--resource=nodes", ...as]);
    expect(made.stderr).toContain('{APIGroups:[""], Resources:["nodes"], Verbs:["get" "list"]}');
    expect((await cluster.tryKubectl(["create", "role", "own", "--verb=get", "--resource=secrets", ...as])).code).toBe(
      0,
    );
  });

  it("cluster roles are put together by their labels", async () => {
    await cluster.apply(`
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: widgets
  labels: { rbac.authorization.k8s.io/aggregate-to-view: "true" }
rules: [{ apiGroups: [example.org], resources: [widgets], verbs: [get, list] }]
`);
    const rules = () => cluster.jsonpath("clusterrole admin", "{.rules[*].apiGroups}");
    await retry("the aggregation", async () => expect(await rules()).toContain("example.org"));
    await cluster.kubectl("delete", "clusterrole", "widgets");
    await retry("its end", async () => expect(await rules()).not.toContain("example.org"));
  });

  it("a certificate request becomes a user", async () => {
    const { pem, key } = await certificateRequest("CN=carol,O=team");
    await Deno.writeTextFile(`${cluster.directory}/carol.key`, key);
    const request = (name: string, signer: string, usage = "client auth") =>
      cluster.apply(`
apiVersion: certificates.k8s.io/v1
kind: CertificateSigningRequest
metadata: { name: ${name} }
spec: { request: ${btoa(pem)}, signerName: ${signer}, usages: [${usage}], expirationSeconds: 3600 }
`);
    await request("carol", "kubernetes.io/kube-apiserver-client");
    expect(await cluster.kubectl("get", "csr", "carol")).toMatch(
      /kube-apiserver-client\s+system:admin\s+\S+\s+Pending/,
    );
    await cluster.kubectl("certificate", "approve", "carol");
    await retry("the certificate", async () => {
      const certificate = await cluster.jsonpath("csr carol", "{.status.certificate}");
      expect(certificate).not.toBe("");
      await Deno.writeTextFile(`${cluster.directory}/carol.crt`, atob(certificate));
    });
    expect(await cluster.kubectl("get", "csr", "carol")).toContain("Approved,Issued");
    const flags = [
      `--client-certificate=${cluster.directory}/carol.crt`,
      `--client-key=${cluster.directory}/carol.key`,
    ];
    const who = await kubectlAs(cluster, flags, "auth", "whoami", "-o", "jsonpath={.status.userInfo}");
    expect(JSON.parse(who.stdout)).toMatchObject({ username: "carol", groups: ["team", "system:authenticated"] });
    await request("denied", "kubernetes.io/kube-apiserver-client");
    await cluster.kubectl("certificate", "deny", "denied");
    expect(await cluster.kubectl("get", "csr", "denied")).toContain("Denied");
    await request("serving", "kubernetes.io/kubelet-serving", "server auth");
    await cluster.kubectl("certificate", "approve", "serving");
    await retry(
      "the refusal",
      async () =>
        expect(await cluster.jsonpath("csr serving", "{.status.conditions[?(@.type=='Failed')].message}"))
          .toBe("subject organization is not system:nodes"),
    );
  });

  it("a node joins with a bootstrap token, and gets at what is its own alone", async () => {
    const prefix = "system:certificates.k8s.io:certificatesigningrequests";
    for (const role of ["system:node-bootstrapper", `${prefix}:nodeclient`]) {
      const name = role.split(":").at(-1)!;
      await cluster.kubectl(
        "create",
        "clusterrolebinding",
        name,
        `--clusterrole=${role}`,
        "--group=system:bootstrappers",
      );
    }
    await cluster.apply(`
apiVersion: v1
kind: Secret
metadata: { name: bootstrap-token-abcdef, namespace: kube-system }
type: bootstrap.kubernetes.io/token
stringData: { token-id: abcdef, token-secret: 0123456789abcdef, usage-bootstrap-authentication: "true" }
`);
    const { pem, key } = await certificateRequest("O=system:nodes,CN=system:node:n1");
    const file = (name: string) => `${cluster.directory}/${name}`;
    await Deno.writeTextFile(file("node.key"), key);
    await Deno.writeTextFile(
      file("node.csr.json"),
      JSON.stringify({
        apiVersion: "certificates.k8s.io/v1",
        kind: "CertificateSigningRequest",
        metadata: { name: "n1" },
        spec: {
          request: btoa(pem),
          signerName: "kubernetes.io/kube-apiserver-client-kubelet",
          usages: ["digital signature", "client auth"],
        },
      }),
    );
    const joining = ["--token=abcdef.0123456789abcdef"];
    expect(await kubectlAs(cluster, joining, "create", "-f", file("node.csr.json"))).toMatchObject({ code: 0 });
    await retry("the certificate", async () => {
      const shown = await kubectlAs(cluster, joining, "get", "csr", "n1", "-o", "jsonpath={.status.certificate}");
      expect(shown.stdout).not.toBe("");
      await Deno.writeTextFile(file("node.crt"), atob(shown.stdout));
    });
    const node = [`--client-certificate=${file("node.crt")}`, `--client-key=${file("node.key")}`];
    await Deno.writeTextFile(
      file("node.json"),
      JSON.stringify({ apiVersion: "v1", kind: "Node", metadata: { name: "n1" } }),
    );
    expect(await kubectlAs(cluster, node, "create", "-f", file("node.json"))).toMatchObject({ code: 0 });
    expect(await kubectlAs(cluster, node, "get", "node", "n1")).toMatchObject({ code: 0 });
    // The proxy in a node looks at all nodes and Services; what runs elsewhere is none of its business.
    expect(await kubectlAs(cluster, node, "get", "nodes,services", "-A")).toMatchObject({ code: 0 });
    expect(await kubectlAs(cluster, node, "get", "pods", "-A", "--field-selector=spec.nodeName=n1")).toMatchObject({
      code: 0,
    });
    expect((await kubectlAs(cluster, node, "get", "pods", "-A")).stderr).toContain("Forbidden");
    expect((await kubectlAs(cluster, node, "get", "secrets", "-n", "kube-system")).stderr).toContain("Forbidden");
    const tainted = await kubectlAs(cluster, node, "taint", "node", "n1", "a=b:NoSchedule");
    expect(tainted.stderr).toContain("is not allowed to modify taints");
  });

  it("a token is its account until the account is gone", async () => {
    await cluster.kubectl("create", "serviceaccount", "robot");
    await cluster.kubectl("create", "rolebinding", "robot", "--clusterrole=view", "--serviceaccount=default:robot");
    const token = (await cluster.kubectl("create", "token", "robot")).trim();
    const list = (...args: string[]) => kubectlAs(cluster, [`--token=${token}`], "get", ...args);
    expect((await list("pods", "-n", "default")).code).toBe(0);
    expect((await list("secrets", "-n", "default")).stderr).toContain(
      'User "system:serviceaccount:default:robot" cannot list resource "secrets" in API group "" in the namespace "default"',
    );
    await cluster.kubectl("delete", "serviceaccount", "robot");
    expect((await list("pods", "-n", "default")).stderr).toContain("You must be logged in to the server");
  });

  it("the default roles come back what they lack at the next start", async () => {
    await cluster.kubectl("delete", "clusterrole", "system:basic-user");
    await cluster.kubectl("patch", "clusterrole", "system:kube-dns", "--type=merge", "-p", '{"rules":null}');
    await cluster.kubectl(
      "annotate",
      "clusterrole",
      "system:heapster",
      "--overwrite",
      "rbac.authorization.kubernetes.io/autoupdate=false",
    );
    await cluster.kubectl("patch", "clusterrole", "system:heapster", "--type=merge", "-p", '{"rules":null}');
    await cluster.down();
    await cluster.up();
    const dns = "--as=system:serviceaccount:kube-system:kube-dns";
    expect(await cluster.kubectl("auth", "can-i", "watch", "endpoints", "-A", dns)).toBe("yes\n");
    expect(await cluster.jsonpath("clusterrole system:basic-user", "{.rules[0].verbs}")).toBe('["create"]');
    expect(await cluster.jsonpath("clusterrole system:heapster", "{.rules}")).toBe("");
  });
});

describe("a Pod's account", () => {
  it("may do what is bound to it, from the token in the Pod", async () => {
    await using cluster = await TestCluster.start();
    await cluster.kubectl("create", "rolebinding", "pods", "--clusterrole=view", "--serviceaccount=default:default");
    await cluster.kubectl("run", "a", `--image=${IMAGE}`, "--", "sleep", "3600");
    await cluster.kubectl("wait", "--for=condition=Ready", "pod/a", "--timeout=60s");
    const path = "/var/run/secrets/kubernetes.io/serviceaccount/token";
    const token = await cluster.kubectl("exec", "a", "--", "cat", path);
    const shown = await kubectlAs(cluster, [`--token=${token}`], "get", "pods", "-n", "default", "-o", "name");
    expect(shown.stdout).toBe("pod/a\n");
    const who = await kubectlAs(cluster, [`--token=${token}`], "auth", "whoami", "-o", "json");
    expect(JSON.parse(who.stdout).status.userInfo.extra).toMatchObject({
      "authentication.kubernetes.io/pod-name": ["a"],
    });
    const deleted = await kubectlAs(cluster, [`--token=${token}`], "delete", "pod", "a", "-n", "default");
    expect(deleted.stderr).toContain('cannot delete resource "pods"');
  }, 120_000);
});
