import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { IMAGE, run, TestCluster } from "./cluster.ts";
import { retry } from "./retry.ts";

/** What people type. The commands that need a running container's inside are in pods_test.ts and deployment_test.ts. */
describe("kubectl", () => {
  let cluster: TestCluster;
  beforeAll(async () => {
    cluster = await TestCluster.start();
    await cluster.kubectl(
      "create",
      "deployment",
      "web",
      `--image=${IMAGE}`,
      "--replicas=2",
      "--port=8080",
      "--",
      "sleep",
      "3600",
    );
    await cluster.kubectl("rollout", "status", "deployment/web", "--timeout=60s");
  });
  afterAll(async () => await cluster?.[Symbol.asyncDispose]());

  it("get in all forms", async () => {
    expect(await cluster.kubectl("get", "deployment", "web")).toMatch(
      /^NAME +READY +UP-TO-DATE +AVAILABLE +AGE\nweb +2\/2 +2 +2 +\d+s\n$/,
    );
    expect(await cluster.kubectl("get", "pods", "-o", "wide")).toMatch(
      /^NAME +READY +STATUS +RESTARTS +AGE +IP +NODE +NOMINATED NODE +READINESS GATES\n/,
    );
    expect(await cluster.kubectl("get", "nodes")).toMatch(/ Ready +\S+ +\d+s +v1\.36\./);
    expect(JSON.parse(await cluster.kubectl("get", "deployment", "web", "-o", "json")).kind).toBe("Deployment");
    expect(await cluster.kubectl("get", "deployment", "web", "-o", "yaml")).toContain("kind: Deployment");
    expect(await cluster.kubectl("get", "deploy", "-o", "name")).toBe("deployment.apps/web\n");
    expect(await cluster.kubectl("get", "deploy", "-o", "custom-columns=N:.metadata.name,R:.spec.replicas")).toMatch(
      /^N +R\nweb +2\n$/,
    );
    expect(await cluster.kubectl("get", "deploy", "-o", "go-template={{range .items}}{{.metadata.name}}{{end}}")).toBe(
      "web",
    );
    expect((await cluster.kubectl("get", "all", "-A")).match(/^kube-system +service\/kube-dns/m)).not.toBeNull();
    expect((await cluster.kubectl("get", "pods", "-l", "app=web", "-o", "name")).split("\n").length).toBe(3);
    expect(await cluster.kubectl("get", "pods", "-l", "app in (x,y)", "-o", "name")).toBe("");
    expect(
      (await cluster.kubectl("get", "pods", "--field-selector", "status.phase=Running", "-o", "name")).split("\n")
        .length,
    ).toBe(3);
    expect(await cluster.kubectl("get", "pods", "--sort-by=.metadata.name", "--show-labels", "--no-headers")).toContain(
      "app=web,pod-template-hash=",
    );
  }, 60_000);

  it("get -w shows changes", async () => {
    const watch = cluster.spawnKubectl("get", "configmaps", "-w", "--no-headers");
    const reader = watch.stdout.pipeThrough(new TextDecoderStream()).getReader();
    let seen = "";
    const until = async (text: string) => {
      while (!seen.includes(text)) {
        const { value, done } = await reader.read();
        if (done) throw new Error(`the watch ended; seen: ${seen}`);
        seen += value;
      }
    };
    await until("kube-root-ca.crt");
    await cluster.kubectl("create", "configmap", "watched");
    await until("watched");
    watch.kill();
    await reader.cancel();
    await watch.stderr.cancel();
    await watch.status;
  }, 30_000);

  it("describes", async () => {
    const deployment = await cluster.kubectl("describe", "deployment", "web");
    expect(deployment).toContain("2 desired | 2 updated | 2 total | 2 available | 0 unavailable");
    expect(deployment).toContain("ScalingReplicaSet");
    expect(await cluster.kubectl("describe", "pods", "-l", "app=web")).toMatch(/Normal +Started +/);
    expect(await cluster.kubectl("describe", "node")).toMatch(/Allocated resources:/);
  }, 30_000);

  it("applies, shows the difference, replaces, patches, edits and deletes", async () => {
    const manifest = (value: string) =>
      `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: c }\ndata: { a: "${value}" }\n`;
    expect(await cluster.apply(manifest("1"))).toBe("configmap/c created\n");
    expect(await cluster.apply(manifest("1"))).toBe("configmap/c unchanged\n");
    const diff = await cluster.tryKubectl(["diff", "-f", "-"], manifest("2"));
    expect([diff.code, diff.stdout.match(/^[-+] {2}a: .*/gm)]).toEqual([1, ['-  a: "1"', '+  a: "2"']]);
    expect(await cluster.apply(manifest("2"))).toBe("configmap/c configured\n");
    expect((await cluster.tryKubectl(["replace", "-f", "-"], manifest("3"))).stdout).toBe("configmap/c replaced\n");
    await cluster.kubectl(
      "patch",
      "configmap",
      "c",
      "--type=json",
      "-p",
      '[{"op":"add","path":"/data/b","value":"x"}]',
    );
    await cluster.kubectl("patch", "configmap", "c", "--type=merge", "-p", '{"data":{"a":null}}');
    expect(await cluster.jsonpath("configmap c", "{.data}")).toBe('{"b":"x"}');
    const edit = await run("kubectl", ["edit", "configmap", "c"], {
      env: { KUBECONFIG: cluster.kubeconfig, KUBE_EDITOR: "sed -i s/b:.x/b:\\ edited/" },
    });
    expect(edit.stdout).toBe("configmap/c edited\n");
    expect(await cluster.jsonpath("configmap c", "{.data.b}")).toBe("edited");
    expect(await cluster.kubectl("delete", "configmap", "c")).toMatch(/configmap "c" deleted/);
    expect(await cluster.kubectl("create", "configmap", "d", "--dry-run=server", "-o", "name")).toBe("configmap/d\n");
    expect((await cluster.tryKubectl(["get", "configmap", "d"])).stderr).toContain('configmaps "d" not found');
  }, 60_000);

  it("labels and annotates", async () => {
    await cluster.kubectl("label", "deployment", "web", "tier=front");
    await cluster.kubectl("label", "deployment", "web", "tier=back", "--overwrite");
    await cluster.kubectl("annotate", "deployment", "web", "note=hello");
    expect(await cluster.jsonpath("deployment web", "{.metadata.labels.tier} {.metadata.annotations.note}")).toBe(
      "back hello",
    );
    await cluster.kubectl("label", "deployment", "web", "tier-");
    expect(await cluster.jsonpath("deployment web", "{.metadata.labels.tier}")).toBe("");
  });

  it("scales, sets an image, restarts, undoes and waits", async () => {
    await cluster.kubectl("scale", "deployment/web", "--replicas=3", "--current-replicas=2");
    await cluster.kubectl("wait", "--for=jsonpath={.status.readyReplicas}=3", "deployment/web", "--timeout=60s");
    await cluster.kubectl("set", "image", "deployment/web", "busybox=skiff.test/missing:1");
    await retry(
      "a new Pod",
      async () =>
        expect(await cluster.kubectl("get", "pods", "-l", "app=web")).toMatch(/ErrImagePull|ImagePullBackOff/),
    );
    expect((await cluster.tryKubectl(["rollout", "status", "deployment/web", "--timeout=1s"])).code).toBe(1);
    await cluster.kubectl("rollout", "undo", "deployment/web");
    await cluster.kubectl("rollout", "status", "deployment/web", "--timeout=60s");
    await cluster.kubectl("rollout", "restart", "deployment/web");
    await cluster.kubectl("rollout", "status", "deployment/web", "--timeout=120s");
    expect(await cluster.kubectl("rollout", "history", "deployment/web")).toContain("REVISION");
    expect(await cluster.kubectl("rollout", "history", "deployment/web", "--revision=4")).toContain("Pod Template");
  }, 240_000);

  it("exposes and runs", async () => {
    await cluster.kubectl("expose", "deployment", "web", "--port=80", "--target-port=8080");
    expect(await cluster.kubectl("get", "service", "web")).toMatch(
      /web +ClusterIP +10\.\d+\.\d+\.\d+ +<none> +80\/TCP/,
    );
    expect(
      await cluster.kubectl(
        "run",
        "once",
        `--image=${IMAGE}`,
        "--restart=Never",
        "--rm",
        "-i",
        "--",
        "echo",
        "from run",
      ),
    ).toContain("from run");
  }, 60_000);

  it("explains, lists resources, tells of the cluster and of events", async () => {
    expect(await cluster.kubectl("explain", "pod.spec.containers.ports")).toContain(
      "containerPort\t<integer> -required-",
    );
    expect(await cluster.kubectl("explain", "pod.spec.nodeName")).toMatch(/DESCRIPTION:\n {4}\S.{40}/);
    expect(await cluster.kubectl("explain", "deployment", "--recursive")).toContain("maxSurge\t<IntOrString>");
    expect(await cluster.kubectl("api-resources")).toMatch(/^deployments +deploy +apps\/v1 +true +Deployment$/m);
    expect(await cluster.kubectl("api-versions")).toContain("rbac.authorization.k8s.io/v1\n");
    expect(await cluster.kubectl("cluster-info")).toContain("Kubernetes control plane");
    expect(await cluster.kubectl("version")).toMatch(/Server Version: v1\.36\.\d+\+skiff/);
    expect(await cluster.kubectl("events")).toContain("ScalingReplicaSet");
    expect(await cluster.kubectl("get", "--raw", "/readyz")).toBe("ok");
    expect(await cluster.kubectl("auth", "whoami", "-o", "jsonpath={.status.userInfo.groups[*]}")).toContain(
      "system:masters",
    );
  }, 60_000);

  it("refuses what is wrong, in upstream's words", async () => {
    const cases: readonly [string[], RegExp][] = [
      [["get", "pod", "nobody"], /Error from server \(NotFound\): pods "nobody" not found/],
      [["create", "namespace", "default"], /Error from server \(AlreadyExists\): namespaces "default" already exists/],
      [["create", "configmap", "Not_A_Name"], /metadata\.name: Invalid value: "Not_A_Name"/],
      [["create", "configmap", "c", "-n", "nowhere"], /namespaces "nowhere" not found/],
      [["delete", "namespace", "default"], /forbidden/i],
      [
        ["patch", "deployment", "web", "-p", '{"spec":{"selector":{"matchLabels":{"app":"other"}}}}'],
        /field is immutable|selector. does not match/,
      ],
    ];
    for (const [args, message] of cases) {
      const output = await cluster.tryKubectl(args);
      expect(output.code).toBe(1);
      expect(output.stderr).toMatch(message);
    }
  });
});
