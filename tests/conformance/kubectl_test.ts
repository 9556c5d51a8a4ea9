import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { pods } from "../../api/resources.ts";
import { run } from "../e2e/cluster.ts";
import { retry } from "../e2e/retry.ts";
import { TestApi } from "./api.ts";

let api: TestApi;
beforeAll(async () => {
  api = await TestApi.start({ hollowNodes: 1 });
});
afterAll(() => api[Symbol.asyncDispose]());

async function kubectl(args: readonly string[], { stdin, code = 0 }: { stdin?: unknown; code?: number } = {}) {
  const output = await run("kubectl", args, {
    env: { KUBECONFIG: api.kubeconfig },
    ...(stdin !== undefined && { stdin: JSON.stringify(stdin) }),
  });
  expect({ ...output, stdout: output.code === code || output.stdout }).toMatchObject({ code, stdout: true });
  return output.stdout;
}

const pod = (name: string, image = "busybox:1") => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, labels: { app: name } },
  spec: { containers: [{ name, image }] },
});

const controller = (name: string) => ({
  apiVersion: "v1",
  kind: "ReplicationController",
  metadata: { name, labels: { app: name } },
  spec: {
    replicas: 1,
    selector: { app: name },
    template: {
      metadata: { labels: { app: name } },
      spec: { containers: [{ name, image: "busybox:1", ports: [{ containerPort: 6379 }] }] },
    },
  },
});

async function expectRunning(namespace: string, app: string): Promise<string> {
  return await retry(`a Pod of ${app} to run`, async () => {
    const { items: [found, ...more] } = await api.client.list(pods, { namespace, labelSelector: `app=${app}` });
    expect(more).toEqual([]);
    expect(found?.status?.phase).toBe("Running");
    return found!.metadata.name!;
  });
}

describe("kubectl/kubectl.go: of the API alone", () => {
  it("api-versions has v1", async () => {
    expect((await kubectl(["api-versions"])).split("\n")).toContain("v1");
  });

  it("cluster-info tells where the control plane runs", async () => {
    expect(await kubectl(["cluster-info"])).toMatch(
      /Kubernetes control plane\S* is running at \S*https:\/\/127\.0\.0\.1/,
    );
  });

  it("version prints both versions", async () => {
    const { clientVersion, serverVersion } = JSON.parse(await kubectl(["version", "--output=json"]));
    expect(clientVersion.gitVersion).toMatch(/^v1\./);
    expect(serverVersion).toMatchObject({ major: "1", minor: "36" });
    expect(Object.keys(serverVersion)).toEqual(
      expect.arrayContaining([
        "buildDate",
        "compiler",
        "gitCommit",
        "gitTreeState",
        "gitVersion",
        "goVersion",
        "platform",
      ]),
    );
  });

  it("diff finds the change of a Deployment", async () => {
    const namespace = await api.namespace();
    const deployment = (image: string) => ({
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "web", namespace },
      spec: {
        selector: { matchLabels: { app: "web" } },
        template: { metadata: { labels: { app: "web" } }, spec: { containers: [{ name: "c", image }] } },
      },
    });
    await kubectl(["create", "-f", "-"], { stdin: deployment("busybox:1") });
    await kubectl(["diff", "-f", "-"], { stdin: deployment("busybox:1") });
    // kubectl diff ends with 1 when it found a difference.
    const output = await kubectl(["diff", "-f", "-"], { stdin: deployment("busybox:2"), code: 1 });
    expect(output).toMatch(/^-\s+(- )?image: busybox:1$/m);
    expect(output).toMatch(/^\+\s+(- )?image: busybox:2$/m);
  });

  it("run makes a Pod that is not restarted", async () => {
    const namespace = await api.namespace();
    await kubectl(["run", "once", "--restart=Never", "--image=busybox:1", "-n", namespace]);
    const { spec } = await api.client.get(pods, { namespace, name: "once" });
    expect(spec).toMatchObject({ restartPolicy: "Never", containers: [{ name: "once", image: "busybox:1" }] });
  });

  it("a server-side dry run of a patch changes nothing", async () => {
    const namespace = await api.namespace();
    await kubectl(["run", "web", "--image=busybox:1", "--labels=run=web", "-n", namespace]);
    const patch = JSON.stringify({ spec: { containers: [{ name: "web", image: "busybox:2" }] } });
    const shown = await kubectl([
      "patch",
      "pod",
      "web",
      "-p",
      patch,
      "--dry-run=server",
      "-o",
      "json",
      "-n",
      namespace,
    ]);
    expect(JSON.parse(shown).spec.containers[0].image).toBe("busybox:2");
    const { spec } = await api.client.get(pods, { namespace, name: "web" });
    expect(spec.containers[0]?.image).toBe("busybox:1");
  });

  for (const [title, listen] of [["on port 0", ["--port=0"]], ["on a unix socket", ["--unix-socket"]]] as const) {
    it(`proxy ${title} passes on what the API says`, async () => {
      await using directory = await temporaryDirectory();
      const socket = `${directory.path}/proxy.sock`;
      const argument = listen[0] === "--unix-socket" ? `--unix-socket=${socket}` : listen[0];
      const child = new Deno.Command("kubectl", {
        args: ["proxy", argument],
        env: { KUBECONFIG: api.kubeconfig },
        stdin: "null",
        stdout: "piped",
        stderr: "inherit",
      }).spawn();
      try {
        const line = await firstLine(child.stdout);
        const port = /127\.0\.0\.1:([0-9]+)/.exec(line)?.[1];
        using http = port === undefined
          ? Deno.createHttpClient({ proxy: { transport: "unix", path: socket } })
          : Deno.createHttpClient({});
        const answer = await fetch(`http://127.0.0.1:${port ?? 80}/api/`, { client: http });
        expect((await answer.json()).versions).toEqual(["v1"]);
      } finally {
        child.kill("SIGTERM");
        await child.status;
      }
    });
  }
});

describe("kubectl/kubectl.go: of what runs", () => {
  it("describe tells what there is to know of a controller, its Pod, a Service, the node and the namespace", async () => {
    const namespace = await api.namespace();
    await kubectl(["create", "-f", "-", "-n", namespace], { stdin: controller("store") });
    await kubectl(["expose", "rc", "store", "--port=6379", "-n", namespace]);
    const name = await expectRunning(namespace, "store");
    const wanted: readonly (readonly [string, readonly string[]])[] = [
      [`pod ${name}`, [
        "Name:",
        "Namespace:",
        "Node:",
        "Labels:",
        "app=store",
        "Status:",
        "Running",
        "IP:",
        "Controlled By:",
        "Image:",
        "State:",
      ]],
      ["rc store", [
        "Name:",
        "Namespace:",
        "Selector:",
        "Labels:",
        "Annotations:",
        "Replicas:",
        "Pods Status:",
        "Pod Template:",
      ]],
      ["service store", [
        "Name:",
        "Namespace:",
        "Labels:",
        "Selector:",
        "Type:",
        "IP:",
        "Port:",
        "Endpoints:",
        "Session Affinity:",
      ]],
      ["node hollow-0", [
        "Name:",
        "Labels:",
        "Annotations:",
        "CreationTimestamp",
        "Conditions:",
        "Type",
        "Status",
        "LastHeartbeatTime",
        "Addresses:",
        "Capacity:",
        "Kubelet Version:",
        "Pods",
      ]],
      [`namespace ${namespace}`, ["Name:", "Labels:", "Annotations:", "Status:", "Active"]],
    ];
    for (const [what, words] of wanted) {
      const output = await kubectl(["describe", ...what.split(" "), "-n", namespace]);
      expect(words.filter((word) => !output.includes(word))).toEqual([]);
    }
  });

  it("expose makes a Service of a controller, and of that Service another, both with the Pod as their endpoint", async () => {
    const namespace = await api.namespace();
    await kubectl(["create", "-f", "-", "-n", namespace], { stdin: controller("store") });
    await expectRunning(namespace, "store");
    await kubectl(["expose", "rc", "store", "--name=first", "--port=1234", "--target-port=6379", "-n", namespace]);
    await kubectl([
      "expose",
      "service",
      "first",
      "--name=second",
      "--port=2345",
      "--target-port=6379",
      "-n",
      namespace,
    ]);
    for (const [service, port] of [["first", "1234"], ["second", "2345"]] as const) {
      await retry(`endpoints of ${service}`, async () => {
        const path = ["jsonpath={.subsets[0].addresses[*].targetRef.kind} {.subsets[0].ports[0].port}"];
        expect(await kubectl(["get", "endpoints", service, "-n", namespace, "-o", ...path])).toBe("Pod 6379");
      });
      const shown = await kubectl(["get", "service", service, "-n", namespace, "-o", "jsonpath={.spec.ports[0].port}"]);
      expect(shown).toBe(port);
    }
  });

  it("label sets a label, shows it as a column, and takes it off", async () => {
    const namespace = await api.namespace();
    await kubectl(["create", "-f", "-", "-n", namespace], { stdin: pod("web") });
    await kubectl(["label", "pods", "web", "testing-label=testing-label-value", "-n", namespace]);
    const column = () => kubectl(["get", "pod", "web", "-L", "testing-label", "--no-headers", "-n", namespace]);
    expect(await column()).toContain("testing-label-value");
    await kubectl(["label", "pods", "web", "testing-label-", "-n", namespace]);
    expect(await column()).not.toContain("testing-label-value");
  });

  it("patch annotates the Pods of a controller", async () => {
    const namespace = await api.namespace();
    await kubectl(["create", "-f", "-", "-n", namespace], { stdin: controller("store") });
    const name = await expectRunning(namespace, "store");
    await kubectl(["patch", "pod", name, "-p", '{"metadata":{"annotations":{"x":"y"}}}', "-n", namespace]);
    const { metadata } = await api.client.get(pods, { namespace, name });
    expect(metadata.annotations).toMatchObject({ x: "y" });
  });

  it("replace changes the image of a Pod", async () => {
    const namespace = await api.namespace();
    await kubectl(["create", "-f", "-", "-n", namespace], { stdin: pod("web") });
    await expectRunning(namespace, "web");
    const shown = JSON.parse(await kubectl(["get", "pod", "web", "-o", "json", "-n", namespace]));
    shown.spec.containers[0].image = "busybox:2";
    await kubectl(["replace", "-f", "-", "-n", namespace], { stdin: shown });
    const { spec } = await api.client.get(pods, { namespace, name: "web" });
    expect(spec.containers[0]?.image).toBe("busybox:2");
  });
});

async function firstLine(stream: ReadableStream<Uint8Array>): Promise<string> {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (!text.includes("\n")) {
    const { value, done } = await reader.read();
    if (done) break;
    text += value;
  }
  await reader.cancel();
  return text.split("\n")[0]!;
}

async function temporaryDirectory(): Promise<{ path: string } & AsyncDisposable> {
  const path = await Deno.makeTempDir();
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}
