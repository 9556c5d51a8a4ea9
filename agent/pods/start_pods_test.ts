import { describe, expect, it } from "vitest";
import { configmaps, pods } from "../../api/resources.ts";
import { RuntimeError } from "../runtime/contract.ts";
import { FakeRuntime } from "./testing/fake_runtime.ts";
import { podNamed, PodsHarness } from "./testing/harness.ts";

async function withPods(body: (harness: PodsHarness) => Promise<void>): Promise<void> {
  const harness = await PodsHarness.start();
  try {
    await body(harness);
  } finally {
    await harness.close();
  }
}

describe("startPods", () => {
  it("runs a Pod and writes its status", () =>
    withPods(async (h) => {
      await h.create("a", {});
      const pod = await h.untilPhase("a", "Running");
      expect(h.runtime.calls.slice(0, 2).sort()).toEqual(["pull web:1", "runSandbox"]);
      expect(h.runtime.calls.slice(2)).toEqual(["createContainer web", "startContainer web"]);
      expect(pod.status?.podIP).toMatch(/^10\.42\.0\./);
      expect(pod.status?.hostIP).toBe("192.0.2.1");
      expect(pod.status?.qosClass).toBe("BestEffort");
      const [status] = pod.status!.containerStatuses!;
      expect(status).toMatchObject({ name: "web", ready: true, started: true, restartCount: 0, image: "web:1" });
      expect(status!.containerID).toMatch(/^containerd:\/\/container/);
      const conditions = Object.fromEntries(pod.status!.conditions!.map(({ type, status }) => [type, status]));
      expect(conditions).toEqual({
        PodReadyToStartContainers: "True",
        Initialized: "True",
        Ready: "True",
        ContainersReady: "True",
        PodScheduled: "True",
      });
      expect(h.events.map((event) => event.split(" ")[1])).toEqual(["Pulling", "Pulled", "Created", "Started"]);
    }));

  it("takes back what others write over its word", () =>
    withPods(async (h) => {
      await h.create("a", {});
      await h.untilPhase("a", "Running");
      const ready = async () => (await h.get("a")).status?.conditions?.find(({ type }) => type === "Ready")?.status;
      await h.until("it is Ready", async () => await ready() === "True");
      const patch = { status: { conditions: [{ type: "Ready", status: "False" }] } };
      const options = { subresource: "status" };
      await h.client.patch(pods, { namespace: "default", name: "a" }, { type: "strategic", patch }, options);
      await h.until("it is Ready again", async () => await ready() === "True");
    }));

  it("restarts a container that ends, at once and then with growing distance", () =>
    withPods(async (h) => {
      await h.create("a", {});
      await h.untilPhase("a", "Running");
      h.runtime.exit("web", 1);
      await h.untilCalled("startContainer web", 2);
      h.runtime.exit("web", 1);
      await h.until("CrashLoopBackOff", async () =>
        (await h.get("a")).status?.containerStatuses?.[0]?.state?.waiting?.reason === "CrashLoopBackOff");
      const status = (await h.get("a")).status!.containerStatuses![0]!;
      expect(status.lastState?.terminated?.exitCode).toBe(1);
      expect(status.restartCount).toBe(1);
      expect((await h.get("a")).status?.phase).toBe("Running");
      await h.clock.advance(9_900);
      expect(h.runtime.named("web")!.attempt).toBe(1);
      await h.clock.advance(200);
      await h.untilCalled("startContainer web", 3);
      expect(h.runtime.named("web")!.attempt).toBe(2);
    }));

  it("ends with Succeeded or Failed as the containers did", () =>
    withPods(async (h) => {
      await h.create("good", { restartPolicy: "Never", containers: [{ name: "good", image: "x" }] });
      await h.create("bad", { restartPolicy: "OnFailure", containers: [{ name: "bad", image: "x" }] });
      await h.untilPhase("good", "Running");
      await h.untilPhase("bad", "Running");
      h.runtime.exit("good", 0);
      await h.untilPhase("good", "Succeeded");
      h.runtime.exit("bad", 3);
      await h.untilCalled("startContainer bad", 2);
      await h.until("runs again", () => h.runtime.named("bad")?.state === "running");
      await h.untilPhase("bad", "Running");
      h.runtime.exit("bad", 0);
      await h.untilPhase("bad", "Succeeded");
      await h.until("the sandbox is stopped", () =>
        h.runtime.calls.filter((call) => call === "stopSandbox").length === 2);
    }));

  it("runs init containers in order, sidecars beside the main ones, and ends sidecars last", () =>
    withPods(async (h) => {
      await h.create("a", {
        initContainers: [
          { name: "one", image: "x" },
          { name: "side", image: "x", restartPolicy: "Always" },
          { name: "two", image: "x" },
        ],
        terminationGracePeriodSeconds: 7,
      });
      await h.untilCalled("startContainer one");
      await h.until(
        "PodInitializing",
        async () => (await h.get("a")).status?.containerStatuses?.[0]?.state?.waiting?.reason === "PodInitializing",
      );
      expect(h.runtime.calls).not.toContain("startContainer side");
      h.runtime.exit("one", 0);
      await h.untilCalled("startContainer two");
      h.runtime.exit("two", 0);
      await h.untilPhase("a", "Running");
      const pod = await h.get("a");
      expect(pod.status!.initContainerStatuses!.map(({ name, ready }) => [name, ready])).toEqual([
        ["one", true],
        ["side", true],
        ["two", true],
      ]);
      await h.client.delete(pods, { namespace: "default", name: "a" });
      await h.until("the Pod is gone", () => h.manager.directory.all().length === 0);
      const stops = h.runtime.calls.filter((call) => call.startsWith("stopContainer"));
      expect(stops).toEqual(["stopContainer web 7", "stopContainer side 7"]);
    }));

  it("ends a deleted Pod: grace, final status, nothing left, object deleted", () =>
    withPods(async (h) => {
      const { metadata } = await h.create("a", { terminationGracePeriodSeconds: 5 });
      await h.untilPhase("a", "Running");
      const path = `${h.facts.podsRoot}/${metadata.uid}`;
      expect((await Deno.stat(`${path}/etc-hosts`)).isFile).toBe(true);
      await h.client.delete(pods, { namespace: "default", name: "a" });
      await h.until("the worker is gone", () => h.manager.directory.all().length === 0);
      expect(h.runtime.calls).toContain("stopContainer web 5");
      const deletes = h.client.calls.filter(({ verb, resource }) => verb === "delete" && resource === "pods");
      expect(deletes.length).toBe(2);
      const { status } = await h.get("a");
      expect(status?.phase).toBe("Failed");
      expect(status?.containerStatuses?.[0]?.state?.terminated?.exitCode).toBe(143);
      expect(await h.runtime.containers()).toEqual([]);
      expect(await h.runtime.sandboxes()).toEqual([]);
      expect(h.cgroups.size).toBe(0);
      await expect(Deno.stat(path)).rejects.toThrow(Deno.errors.NotFound);
    }));

  it("says why an image cannot be had, and tries again", () =>
    withPods(async (h) => {
      h.runtime.failures.set("pull web:1", new RuntimeError("pullFailed", "no such image"));
      await h.create("a", {});
      const waiting = async () => (await h.get("a")).status?.containerStatuses?.[0]?.state?.waiting?.reason;
      await h.until("ErrImagePull", async () => await waiting() === "ErrImagePull");
      await h.clock.advance(1_001);
      await h.until("ImagePullBackOff", async () => await waiting() === "ImagePullBackOff");
      h.runtime.failures.clear();
      await h.clock.advance(10_000);
      await h.untilPhase("a", "Running");
    }));

  it("says why a container cannot be made, and makes it when it can", () =>
    withPods(async (h) => {
      await h.create("a", {
        containers: [{
          name: "web",
          image: "web:1",
          env: [{ name: "X", valueFrom: { configMapKeyRef: { name: "settings", key: "x" } } }],
        }],
      });
      await h.until("CreateContainerConfigError", async () =>
        (await h.get("a")).status?.containerStatuses?.[0]?.state?.waiting?.reason === "CreateContainerConfigError");
      const message = (await h.get("a")).status!.containerStatuses![0]!.state!.waiting!.message;
      expect(message).toBe('configmap "settings" not found in namespace "default"');
    }));

  it("makes the sandbox anew when it dies, with all containers", () =>
    withPods(async (h) => {
      await h.create("a", {});
      await h.untilPhase("a", "Running");
      h.runtime.killSandbox();
      await h.untilCalled("runSandbox", 2);
      await h.untilCalled("startContainer web", 2);
      expect(h.runtime.named("web")!.attempt).toBe(1);
      await h.until("the old sandbox is gone", async () =>
        (await h.runtime.sandboxes()).length === 1 || h.runtime.named("web")!.attempt === 1);
    }));

  it("finds a sandbox and a container that were made although nobody said so", () =>
    withPods(async (h) => {
      h.runtime.lost.add("runSandbox").add("createContainer web");
      await h.create("a", {});
      await h.untilCalled("createContainer web", 1);
      await h.clock.advance(2_000);
      await h.untilPhase("a", "Running");
      expect(h.runtime.calls.filter((call) => call === "runSandbox")).toHaveLength(1);
      expect(h.runtime.named("web")?.attempt).toBe(1);
    }));

  it("restarts a container whose image changes", () =>
    withPods(async (h) => {
      await h.create("a", { restartPolicy: "Never" });
      await h.untilPhase("a", "Running");
      await h.client.patch(pods, { namespace: "default", name: "a" }, {
        type: "strategic",
        patch: { spec: { containers: [{ name: "web", image: "web:2" }] } },
      });
      await h.untilCalled("startContainer web", 2);
      expect(h.runtime.calls).toContain("pull web:2");
      expect(h.events).toContain("Normal Killing Container web definition changed, will be restarted");
    }));

  it("finds its Pods again after a restart and touches none of them", () =>
    withPods(async (h) => {
      await h.create("a", {
        containers: [{ name: "web", image: "web:1", readinessProbe: { exec: { command: ["ready"] } } }],
      });
      await h.untilPhase("a", "Running");
      await h.clock.advance(0);
      await h.until("ready", async () => (await h.get("a")).status?.containerStatuses?.[0]?.ready === true);
      await h.stop();
      const before = h.runtime.calls.filter((call) => !call.startsWith("execSync")).length;
      const { resourceVersion } = (await h.get("a")).metadata;
      await h.open();
      await h.until("it knows the Pod", () =>
        h.manager.directory.containerId("default", "a", "web", false) !== undefined);
      await h.clock.advance(20_000);
      expect(
        h.runtime.calls.filter((call) =>
          !call.startsWith("execSync")
        ).length,
      ).toBe(before);
      expect((await h.get("a")).metadata.resourceVersion).toBe(resourceVersion);
    }));

  it("leaves static Pods alone until their files have been read", () =>
    withPods(async (h) => {
      const { metadata, ...rest } = podNamed("file", {});
      const annotations = { "kubernetes.io/config.source": "file", "kubernetes.io/config.hash": "h" };
      const pod = { ...rest, metadata: { ...metadata, uid: "h", annotations } };
      h.manager.setStaticPods([pod]);
      await h.untilCalled("startContainer web");
      await h.stop();
      await h.open();
      const other = await h.create("other", {});
      await h.untilPhase("other", "Running");
      expect((await h.runtime.sandboxes()).length).toBe(2);
      h.manager.setStaticPods([]);
      await h.until("it is gone", async () => (await h.runtime.sandboxes()).length === 1);
      expect((await h.runtime.sandboxes())[0]!.uid).toBe(other.metadata.uid);
    }));

  it("ends and removes what was deleted while it was away", () =>
    withPods(async (h) => {
      await h.create("a", {});
      await h.untilPhase("a", "Running");
      await h.stop();
      const finalizers = { type: "merge", patch: { metadata: { finalizers: null } } } as const;
      await h.client.patch(pods, { namespace: "default", name: "a" }, finalizers);
      await h.client.delete(pods, { namespace: "default", name: "a" });
      await h.open();
      await h.until("all is gone", async () => (await h.runtime.sandboxes()).length === 0);
    }));

  it("goes on with the Pods it knew when the server cannot be reached", () =>
    withPods(async (h) => {
      await h.create("a", {});
      await h.untilPhase("a", "Running");
      await h.clock.advance(2_000);
      await h.until("saved", async () => {
        return await Deno.readTextFile(`${h.directory}/saved.json`).then((text) => text.includes("web:1"), () => false);
      });
      await h.stop();
      // The machine was switched off meanwhile.
      h.runtime = new FakeRuntime(() => h.clock.now());
      h.offline = true;
      await h.open();
      await h.clock.advance(5_100);
      await h.untilCalled("startContainer web");
      expect(h.runtime.named("web")!.attempt).toBe(1);
      h.offline = false;
      await h.clock.advance(60_000);
      const id = `containerd://${h.runtime.named("web")!.id}`;
      await h.until("the API hears of it", async () =>
        (await h.get("a")).status?.containerStatuses?.[0]?.containerID === id);
      expect(
        h.runtime.calls.filter((call) =>
          call === "runSandbox"
        ).length,
      ).toBe(1);
    }));

  it("ends the Pods it went on with when the server says they are no more", () =>
    withPods(async (h) => {
      await h.create("a", {});
      await h.untilPhase("a", "Running");
      await h.clock.advance(2_000);
      await h.until("saved", () => Deno.stat(`${h.directory}/saved.json`).then(() => true, () => false));
      await h.stop();
      h.offline = true;
      await h.open();
      await h.clock.advance(5_100);
      await h.until("it goes on", () => h.manager.directory.pod("default", "a") !== undefined);
      const finalizers = { type: "merge", patch: { metadata: { finalizers: null } } } as const;
      await h.client.patch(pods, { namespace: "default", name: "a" }, finalizers);
      await h.client.delete(pods, { namespace: "default", name: "a" });
      h.offline = false;
      await h.clock.advance(60_000);
      await h.until("all is gone", async () => (await h.runtime.sandboxes()).length === 0);
    }));

  it("brings volumes up to date when what they show changes, without a restart", () =>
    withPods(async (h) => {
      await h.client.create(configmaps, { metadata: { namespace: "default", name: "settings" }, data: { a: "1" } });
      const { metadata } = await h.create("a", { volumes: [{ name: "v", configMap: { name: "settings" } }] });
      await h.untilPhase("a", "Running");
      const file = `${h.facts.podsRoot}/${metadata.uid}/volumes/kubernetes.io~configmap/v/a`;
      expect(await Deno.readTextFile(file)).toBe("1");
      await h.client.patch(configmaps, { namespace: "default", name: "settings" }, {
        type: "merge",
        patch: { data: { a: "2" } },
      });
      await h.until("changed", async () => await Deno.readTextFile(file) === "2");
      expect(h.runtime.calls.filter((call) => call === "startContainer web").length).toBe(1);
    }));

  it("waits for a volume that cannot be had, and says so", () =>
    withPods(async (h) => {
      await h.create("a", { volumes: [{ name: "v", configMap: { name: "settings" } }] });
      await h.until("FailedMount", () => h.events.some((event) => event.startsWith("Warning FailedMount")));
      await h.client.create(configmaps, { metadata: { namespace: "default", name: "settings" }, data: { a: "1" } });
      await h.until("Running", async () => {
        await h.clock.advance(100);
        return (await h.get("a")).status?.phase === "Running";
      });
    }));

  it("refuses what does not fit, for good", () =>
    withPods(async (h) => {
      await h.create("a", { os: { name: "windows" } });
      const { status } = await h.untilPhase("a", "Failed");
      expect(status).toMatchObject({ reason: "PodOSNotSupported" });
      expect(status?.containerStatuses).toBeUndefined();
      expect(h.runtime.calls).toEqual([]);
    }));

  it("ends a Pod at its deadline", () =>
    withPods(async (h) => {
      await h.create("a", { activeDeadlineSeconds: 60, terminationGracePeriodSeconds: 3 });
      await h.untilPhase("a", "Running");
      await h.clock.advance(61_000);
      const { status } = await h.untilPhase("a", "Failed");
      expect(status?.reason).toBe("DeadlineExceeded");
      expect(h.runtime.calls).toContain("stopContainer web 3");
      expect(h.runtime.named("web")).toBeDefined();
    }));

  it("starts ephemeral containers in a Pod that runs, once", () =>
    withPods(async (h) => {
      await h.create("a", {});
      await h.untilPhase("a", "Running");
      await h.client.patch(pods, { namespace: "default", name: "a" }, {
        type: "strategic",
        patch: { spec: { ephemeralContainers: [{ name: "debug", image: "x", targetContainerName: "web" }] } },
      });
      await h.untilCalled("startContainer debug");
      const { namespaces } = h.runtime.configs.get(h.runtime.named("debug")!.id)!.security;
      expect(namespaces.pid).toEqual({ target: h.runtime.named("web")!.id });
      h.runtime.exit("debug", 1);
      await h.until("shown", async () =>
        (await h.get("a")).status?.ephemeralContainerStatuses?.[0]?.state?.terminated?.exitCode === 1);
      expect((await h.get("a")).status?.phase).toBe("Running");
    }));

  it("probes: startup first, then liveness restarts and readiness shows", () =>
    withPods(async (h) => {
      h.runtime.answers.set("started", 1);
      h.runtime.answers.set("ready", 1);
      const probe = (word: string) => ({ exec: { command: [word] }, periodSeconds: 1, failureThreshold: 2 });
      await h.create("a", {
        containers: [{
          name: "web",
          image: "web:1",
          startupProbe: { ...probe("started"), failureThreshold: 30 },
          livenessProbe: probe("alive"),
          readinessProbe: probe("ready"),
        }],
      });
      await h.untilPhase("a", "Running");
      await h.clock.advance(2_000);
      expect(h.runtime.calls).not.toContain("execSync alive");
      expect((await h.get("a")).status?.containerStatuses?.[0]).toMatchObject({ ready: false, started: false });
      h.runtime.answers.set("started", 0);
      await h.clock.advance(1_000);
      await h.until("started", async () => (await h.get("a")).status?.containerStatuses?.[0]?.started === true);
      h.runtime.answers.set("ready", 0);
      await h.clock.advance(1_000);
      await h.until("ready", async () => (await h.get("a")).status?.containerStatuses?.[0]?.ready === true);
      h.runtime.answers.set("alive", 1);
      await h.clock.advance(1_000);
      await h.clock.advance(1_000);
      await h.untilCalled("startContainer web", 2);
      expect(h.events).toContain("Normal Killing Container web failed liveness probe, will be restarted");
    }));

  it("runs postStart before the next container and preStop before the signal", () =>
    withPods(async (h) => {
      await h.create("a", {
        containers: [
          {
            name: "web",
            image: "x",
            lifecycle: { postStart: { exec: { command: ["hello"] } }, preStop: { exec: { command: ["bye"] } } },
          },
          { name: "next", image: "x" },
        ],
      });
      await h.untilPhase("a", "Running");
      const order = h.runtime.calls;
      expect(order.indexOf("execSync hello")).toBeLessThan(order.indexOf("createContainer next"));
      await h.client.delete(pods, { namespace: "default", name: "a" });
      await h.until("gone", async () => (await h.runtime.containers()).length === 0);
      expect(order.indexOf("execSync bye")).toBeGreaterThan(0);
      expect(order.indexOf("execSync bye")).toBeLessThan(order.indexOf("stopContainer web 30"));
    }));
});
