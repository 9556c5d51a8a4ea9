import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePort } from "../fixtures/free_port.ts";
import { IMAGE, TestCluster } from "./cluster.ts";
import { retry } from "./retry.ts";

const pod = (name: string, container: string, spec = "") => `
apiVersion: v1
kind: Pod
metadata: { name: ${name}, labels: { app: ${name} } }
spec:
  terminationGracePeriodSeconds: 0
${spec.replace(/^/gm, "  ")}
  containers:
  - name: c
    image: ${IMAGE}
${container.replace(/^/gm, "    ")}
`;

describe("Pods", () => {
  let cluster: TestCluster;
  beforeAll(async () => void (cluster = await TestCluster.start()));
  afterAll(async () => await cluster?.[Symbol.asyncDispose]());

  async function start(name: string, container: string, spec = ""): Promise<void> {
    await cluster.apply(pod(name, container, spec));
    await cluster.kubectl("wait", "--for=condition=Ready", `pod/${name}`, "--timeout=60s");
  }

  it("backs off a container that crashes, and keeps its last log", async () => {
    await cluster.apply(pod("crash", "command: [sh, -c, 'echo boom; exit 3']"));
    await retry("CrashLoopBackOff", async () => {
      expect(await cluster.jsonpath("pod crash", "{.status.containerStatuses[0].state.waiting.reason}")).toBe(
        "CrashLoopBackOff",
      );
    });
    expect(await cluster.jsonpath("pod crash", "{.status.containerStatuses[0].lastState.terminated.exitCode}")).toBe(
      "3",
    );
    expect(await cluster.kubectl("get", "pod", "crash")).toContain("CrashLoopBackOff");
    await retry("a restart", async () => {
      expect(Number(await cluster.jsonpath("pod crash", "{.status.containerStatuses[0].restartCount}")))
        .toBeGreaterThan(0);
    });
    expect(await cluster.kubectl("logs", "crash", "--previous")).toBe("boom\n");
    await retry(
      "the event",
      async () => expect(await cluster.kubectl("events", "--for", "pod/crash")).toContain("BackOff"),
    );
  }, 90_000);

  it("kills a container at its memory limit and says so", async () => {
    const command = "command: [sh, -c, 'x=aaaaaaaaaaaaaaaa; while true; do x=$x$x; done']";
    await cluster.apply(pod("greedy", `${command}\nresources: { limits: { memory: 32Mi } }`, "restartPolicy: Never"));
    await retry("OOMKilled", async () => {
      expect(await cluster.jsonpath("pod greedy", "{.status.containerStatuses[0].state.terminated.reason}")).toBe(
        "OOMKilled",
      );
    });
    expect(await cluster.jsonpath("pod greedy", "{.status.containerStatuses[0].state.terminated.exitCode}")).toBe(
      "137",
    );
  }, 60_000);

  it("resizes a running Pod in place, and refuses what no resize may do", async () => {
    const amounts = (cpu: string, memory: string) => ({
      requests: { cpu: "10m", memory: "16Mi" },
      limits: { cpu, memory },
    });
    await start("elastic", `command: [sleep, "3600"]\nresources: ${JSON.stringify(amounts("200m", "32Mi"))}`);
    const limit = () =>
      cluster.kubectl(
        "exec",
        "elastic",
        "--",
        "sh",
        "-c",
        "cat /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null || cat /sys/fs/cgroup/memory.max",
      );
    expect(await limit()).toBe(`${32 * 2 ** 20}\n`);
    const resize = (resources: unknown) => {
      const patch = JSON.stringify({ spec: { containers: [{ name: "c", resources }] } });
      return cluster.kubectl("patch", "pod", "elastic", "--subresource", "resize", "--patch", patch);
    };
    expect(await resize(amounts("300m", "48Mi"))).toContain("pod/elastic patched");
    await retry("the larger limit", async () => expect(await limit()).toBe(`${48 * 2 ** 20}\n`));
    const status = (path: string) => cluster.jsonpath("pod elastic", `{.status${path}}`);
    await retry("what it has", async () => {
      expect(await status(".containerStatuses[0].resources.limits.memory")).toBe("48Mi");
      expect(await status('.conditions[?(@.type=="PodResizeInProgress")].status')).toBe("");
    });
    expect(await status(".containerStatuses[0].restartCount")).toBe("0");
    await retry("the events", async () => {
      expect(await cluster.kubectl("events", "--for", "pod/elastic")).toMatch(/ResizeStarted[^]*ResizeCompleted/);
    });
    await expect(resize({ requests: { memory: "48Mi", cpu: "300m" } })).rejects.toThrow(
      "Pod QOS Class may not change as a result of resizing",
    );
    await expect(resize({ requests: { cpu: "1M" }, limits: { cpu: "1M" } })).rejects.toThrow(
      "node didn't have enough allocatable resources: cpu",
    );
  }, 60_000);

  it("gives env, files and identity: configMap, secret, downward API, token", async () => {
    await cluster.kubectl("create", "configmap", "settings", "--from-literal=colour=blue");
    await cluster.kubectl("create", "secret", "generic", "keys", "--from-literal=key=s3cret");
    await start(
      "files",
      `command: [sleep, "3600"]
env:
- { name: COLOUR, valueFrom: { configMapKeyRef: { name: settings, key: colour } } }
- { name: ME, valueFrom: { fieldRef: { fieldPath: metadata.name } } }
- { name: CPU, valueFrom: { resourceFieldRef: { resource: limits.cpu } } }
resources: { limits: { cpu: 500m } }
volumeMounts:
- { name: settings, mountPath: /settings }
- { name: keys, mountPath: /keys, readOnly: true }
- { name: info, mountPath: /info }
- { name: scratch, mountPath: /scratch }`,
      `volumes:
- { name: settings, configMap: { name: settings } }
- { name: keys, secret: { secretName: keys, defaultMode: 0400 } }
- { name: info, downwardAPI: { items: [{ path: labels, fieldRef: { fieldPath: metadata.labels } }] } }
- { name: scratch, emptyDir: { medium: Memory } }`,
    );
    const sh = (script: string) => cluster.kubectl("exec", "files", "--", "sh", "-c", script);
    expect(await sh("echo $COLOUR $ME $CPU")).toBe("blue files 1\n");
    expect(await sh("cat /settings/colour /keys/key /info/labels")).toBe('blues3cretapp="files"');
    expect(await sh("stat -Lc %a /keys/key; touch /keys/x 2>&1 | grep -c 'Read-only'")).toBe("400\n1\n");
    expect(await sh("touch /scratch/x; grep -c ' /scratch tmpfs' /proc/mounts")).toBe("1\n");
    expect(await sh("cat /var/run/secrets/kubernetes.io/serviceaccount/namespace")).toBe("default");
    expect(
      await sh(
        "cut -d. -f2 /var/run/secrets/kubernetes.io/serviceaccount/token | wc -l; head -1 /var/run/secrets/kubernetes.io/serviceaccount/ca.crt",
      ),
    ).toBe(
      "1\n-----BEGIN CERTIFICATE-----\n",
    );

    await cluster.kubectl("patch", "configmap", "settings", "-p", '{"data":{"colour":"red"}}');
    await retry("the changed file", async () => expect(await sh("cat /settings/colour")).toBe("red"));
  }, 90_000);

  it("runs init containers first and in order, and shows their state", async () => {
    await start(
      "ordered",
      'command: [sh, -c, "cat /shared/log; exec sleep 3600"]\nvolumeMounts: [{ name: shared, mountPath: /shared }]',
      `volumes: [{ name: shared, emptyDir: {} }]
initContainers:
- { name: one, image: ${IMAGE}, command: [sh, -c, "echo one >> /shared/log"], volumeMounts: [{ name: shared, mountPath: /shared }] }
- { name: two, image: ${IMAGE}, command: [sh, -c, "echo two >> /shared/log"], volumeMounts: [{ name: shared, mountPath: /shared }] }`,
    );
    expect(await cluster.kubectl("logs", "ordered")).toBe("one\ntwo\n");
  }, 60_000);

  it("restarts a container whose liveness probe fails", async () => {
    await start(
      "sick",
      'command: [sh, -c, "touch /ok; exec sleep 3600"]\nlivenessProbe: { exec: { command: [cat, /ok] }, periodSeconds: 1, failureThreshold: 2 }',
    );
    await cluster.kubectl("exec", "sick", "--", "rm", "/ok");
    await retry(
      "a restart",
      async () => expect(await cluster.jsonpath("pod sick", "{.status.containerStatuses[0].restartCount}")).toBe("1"),
    );
    await retry(
      "the event",
      async () => expect(await cluster.kubectl("events", "--for", "pod/sick")).toContain("Unhealthy"),
    );
  }, 60_000);

  it("says why a Pod does not fit", async () => {
    await cluster.apply(pod("huge", "resources: { requests: { cpu: 1k } }"));
    await retry("the event", async () => {
      expect(await cluster.kubectl("describe", "pod", "huge")).toMatch(
        /FailedScheduling.*0\/1 nodes are available: 1 Insufficient cpu/,
      );
    });
    await cluster.kubectl("delete", "pod", "huge");
  });

  it("says that an image is not to be had", async () => {
    await cluster.apply(pod("lost", "").replace(IMAGE, "skiff.test/not-there:1"));
    await retry("the reason", async () => {
      expect(await cluster.jsonpath("pod lost", "{.status.containerStatuses[0].state.waiting.reason}")).toMatch(
        /^(ErrImagePull|ImagePullBackOff)$/,
      );
    });
    await cluster.kubectl("delete", "pod", "lost", "--timeout=20s");
  }, 60_000);

  it("execs with input, output and exit codes, follows logs, copies and forwards ports", async () => {
    await start(
      "tools",
      `command: [sh, -c, 'mkdir -p /www; echo hello > /www/index.html; httpd -p 8080 -h /www; i=0; while true; do echo line $i; i=$((i+1)); sleep 0.2; done']`,
    );
    expect((await cluster.tryKubectl(["exec", "-i", "tools", "--", "cat"], "through stdin")).stdout).toBe(
      "through stdin",
    );
    const failed = await cluster.tryKubectl(["exec", "tools", "--", "sh", "-c", "echo out; echo err >&2; exit 7"]);
    expect([failed.code, failed.stdout, failed.stderr.split("\n")[0]]).toEqual([7, "out\n", "err"]);
    const tty = await new Deno.Command("script", {
      args: ["-qec", "kubectl exec -it tools -- tty", "/dev/null"],
      env: { KUBECONFIG: cluster.kubeconfig },
      stdin: "null",
    }).output();
    expect(new TextDecoder().decode(tty.stdout)).toContain("/dev/pts/");

    expect((await cluster.kubectl("logs", "tools", "--tail=2")).trim().split("\n").length).toBe(2);
    expect(await cluster.kubectl("logs", "tools", "--since=1h", "--timestamps")).toMatch(
      /^\d{4}-\d\d-\d\dT.*Z line 0\n/,
    );
    const follow = cluster.spawnKubectl("logs", "-f", "tools", "--tail=1");
    const lines: string[] = [];
    for await (const chunk of follow.stdout.pipeThrough(new TextDecoderStream())) {
      lines.push(...chunk.split("\n").filter(Boolean));
      if (lines.length >= 5) break;
    }
    follow.kill();
    await follow.status;
    await follow.stderr.cancel();
    const numbers = lines.map((line) => Number(line.split(" ")[1]));
    expect(numbers).toEqual(numbers.map((_, i) => numbers[0]! + i));

    const data = crypto.getRandomValues(new Uint8Array(60_000)).toBase64().repeat(20);
    await Deno.writeTextFile(`${cluster.directory}/upload`, data);
    await cluster.kubectl("cp", `${cluster.directory}/upload`, "tools:/tmp/copied");
    await cluster.kubectl("cp", "tools:/tmp/copied", `${cluster.directory}/download`);
    expect(await Deno.readTextFile(`${cluster.directory}/download`)).toBe(data);

    const port = freePort();
    const forward = cluster.spawnKubectl("port-forward", "pod/tools", `${port}:8080`);
    try {
      for (let i = 0; i < 3; i++) {
        const text = await retry(
          "the forwarded port",
          async () => await (await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: "close" } })).text(),
        );
        expect(text).toBe("hello\n");
      }
    } finally {
      forward.kill();
      await forward.status;
      await forward.stdout.cancel();
      await forward.stderr.cancel();
    }
  }, 120_000);

  it("attaches to a running container", async () => {
    await cluster.apply(pod("talker", "stdin: true\ncommand: [sh, -c, 'while read x; do echo got $x; done']"));
    await cluster.kubectl("wait", "--for=condition=Ready", "pod/talker", "--timeout=60s");
    // Its input stays open until the answer is there: containerd ends an attachment when its input ends.
    const attach = new Deno.Command("kubectl", {
      args: ["attach", "-i", "talker"],
      env: { KUBECONFIG: cluster.kubeconfig },
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    const input = attach.stdin.getWriter();
    await input.write(new TextEncoder().encode("one\ntwo\n"));
    let said = "";
    for await (const chunk of attach.stdout.pipeThrough(new TextDecoderStream())) {
      said += chunk;
      if (said.includes("got two")) break;
    }
    attach.kill();
    await attach.status;
    await input.close().catch(() => {});
    expect(said).toContain("got one\ngot two\n");
  }, 60_000);

  it("is drained from a namespace that is deleted", async () => {
    await cluster.kubectl("create", "namespace", "brief");
    await cluster.apply(pod("x", 'command: [sleep, "3600"]').replace("name: x,", "name: x, namespace: brief,"));
    await cluster.kubectl("create", "deployment", "d", `--image=${IMAGE}`, "-n", "brief", "--", "sleep", "3600");
    await cluster.kubectl("create", "configmap", "c", "-n", "brief");
    await cluster.kubectl("wait", "--for=condition=Available", "deployment/d", "-n", "brief", "--timeout=60s");
    await cluster.kubectl("delete", "namespace", "brief", "--timeout=90s");
    expect((await cluster.tryKubectl(["get", "namespace", "brief"])).stderr).toContain("not found");
    expect(await cluster.kubectl("get", "all,configmaps,secrets,serviceaccounts", "-n", "brief", "-o", "name")).toBe(
      "",
    );
  }, 150_000);
});
