import { describe, expect, it } from "vitest";
import { ManualClock } from "../../../api/clock.ts";
import type { ContainerRuntime, RuntimeEvent } from "../contract.ts";
import { testContainer, testSandbox } from "../suite_test_cases.ts";
import { BUSYBOX, type TestNode, testNode } from "../testing/test_node.ts";
import { PAUSE_IMAGE } from "../../images/pause_image.ts";
import { cleanUpRuntime } from "./clean_up.ts";
import { findTool } from "./host.ts";
import { commandLine, runningContainerd, sendSignal } from "./process.ts";
import { endLostShims, findShims } from "./shims.ts";
import { startContainerd } from "./supervise.ts";

async function startPod(runtime: ContainerRuntime, node: TestNode, cgroupParent = ""): Promise<string> {
  const sandbox = testSandbox("survivor", node.logDirectory, { cgroupParent });
  const sandboxId = await runtime.runSandbox(sandbox);
  const id = await runtime.createContainer(sandboxId, testContainer("main", BUSYBOX, ["sleep", "3600"]), sandbox);
  await runtime.startContainer(id);
  return id;
}

async function mountsBelow(...directories: string[]): Promise<string[]> {
  const points = (await Deno.readTextFile("/proc/self/mountinfo")).split("\n").map((line) => line.split(" ")[4] ?? "");
  return points.filter((point) => directories.some((directory) => point.startsWith(directory)));
}

/** Processes that have one of the texts in their command line. */
async function processesWith(...texts: string[]): Promise<string[]> {
  const found: string[] = [];
  for await (const { name } of Deno.readDir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const line = (await commandLine(Number(name))).join(" ");
    if (texts.some((text) => line.includes(text))) found.push(line);
  }
  return found;
}

function shimSockets(): Set<string> {
  return new Set([...Deno.readDirSync("/run/containerd/s")].map(({ name }) => name));
}

async function until(fits: () => Promise<boolean>): Promise<void> {
  while (!await fits()) await new Promise((resolve) => setTimeout(resolve, 20));
}

/** Moves the clock on until the promise resolves. */
async function advanceUntil<T>(clock: ManualClock, promise: Promise<T>): Promise<T> {
  let resolved = false;
  void promise.then(() => resolved = true);
  await until(async () => {
    await clock.advance(1_000);
    return resolved;
  });
  return await promise;
}

describe("startContainerd", () => {
  it("finds containerd and its containers again after a restart of Skiff", async () => {
    const node = await testNode();
    try {
      const id = await startPod(node.supervised.runtime, node);
      await node.supervised.stop({ keepPods: true });
      const again = await startContainerd({ dataDir: node.dataDir, sandboxImage: PAUSE_IMAGE });
      expect(again.adopted).toBe(true);
      expect(await again.runtime.container(id)).toMatchObject({ state: "running", name: "main" });
      await again.stop({ keepPods: false });
      expect(await runningContainerd(again.paths)).toBeUndefined();
    } finally {
      await node.end();
    }
  });

  it("ends a shim without containers that containerd knows nothing of, and no other", async () => {
    const node = await testNode();
    const { runtime, paths } = node.supervised;
    const script = `exec -a containerd-shim-runc-v2 bash -c 'read line' shim -namespace k8s.io -id lost -address "$1"`;
    const lost = new Deno.Command("bash", { args: ["-c", script, "bash", paths.socket], stdin: "piped" }).spawn();
    try {
      const id = await startPod(runtime, node);
      await until(async () => (await findShims(paths)).length === 2);
      const clock = new ManualClock();
      const ended = endLostShims(runtime, paths, clock, new AbortController().signal);
      const { success } = await advanceUntil(clock, lost.status);
      await ended;
      expect(success).toBe(false);
      expect((await findShims(paths)).map((shim) => shim.below.length)).toEqual([2]);
      expect(await runtime.container(id)).toMatchObject({ state: "running" });
    } finally {
      await lost.stdin.close().catch(() => {});
      await node.end();
    }
  }, 30_000);

  it("brings a killed containerd back; containers and their events go on", async () => {
    const node = await testNode();
    try {
      const { runtime, paths } = node.supervised;
      const id = await startPod(runtime, node);
      const before = await runtime.container(id);
      const old = (await runningContainerd(paths))!;
      const stop = new AbortController();
      const lost = (async () => {
        for await (const _ of runtime.events(stop.signal)) { /* until it breaks */ }
      })();
      await runtime.sandboxes();
      sendSignal(old, "SIGKILL");
      await expect(lost).rejects.toMatchObject({ reason: "unavailable" });
      await until(() => runtime.version().then(() => true, () => false));
      const now = await runningContainerd(paths);
      expect(now).not.toBe(old);
      expect(await runtime.container(id)).toEqual(before);
      const events = runtime.events(stop.signal);
      await runtime.containers();
      await runtime.stopContainer(id, 0);
      let exited: RuntimeEvent | undefined;
      for await (const event of events) {
        exited = event;
        if (event.type === "exited" && event.containerId === id) stop.abort();
      }
      expect(exited).toEqual({ type: "exited", containerId: id, exitCode: 137 });
    } finally {
      await node.end();
    }
  });

  it("leaves nothing behind when it is stopped with its Pods", async () => {
    const node = await testNode();
    const { paths, runtime } = node.supervised;
    await startPod(runtime, node);
    await node.supervised.stop({ keepPods: false });
    expect(await mountsBelow(paths.state, paths.dataDir)).toEqual([]);
    await until(async () => (await processesWith(paths.state, paths.dataDir)).length === 0);
    await node.end();
  });

  it("says what is missing or wrong", async () => {
    await expect(findTool("containerd", ["/nowhere"])).rejects.toThrow(/install the package containerd/);
    const dataDir = await Deno.makeTempDir({ prefix: "skiff-broken-" });
    try {
      const broken = startContainerd({ dataDir, sandboxImage: PAUSE_IMAGE, binary: "/bin/false" });
      await expect(broken).rejects.toThrow(/containerd ended at once.*containerd\.log/);
    } finally {
      await cleanUpRuntime({ dataDir });
      await Deno.remove(dataDir, { recursive: true });
    }
  });
});

describe("cleanUpRuntime", () => {
  it("removes everything, even with containerd dead and unable to help", async () => {
    const node = await testNode();
    const { paths, runtime } = node.supervised;
    const cgroup = `/skiff-test-${crypto.randomUUID().slice(0, 8)}`;
    const before = shimSockets();
    await startPod(runtime, node, cgroup);
    const added = [...shimSockets()].filter((name) => !before.has(name));
    expect(added).not.toEqual([]);
    await node.supervised.stop({ keepPods: true });
    sendSignal((await runningContainerd(paths))!, "SIGKILL");
    await until(async () => await runningContainerd(paths) === undefined);
    expect(await mountsBelow(paths.state)).not.toEqual([]);

    await cleanUpRuntime({ dataDir: node.dataDir });
    expect(await mountsBelow(paths.state, paths.dataDir)).toEqual([]);
    expect(await processesWith(paths.state, paths.dataDir)).toEqual([]);
    await expect(Deno.stat(paths.state)).rejects.toThrow(Deno.errors.NotFound);
    const sockets = shimSockets();
    expect(added.filter((name) => sockets.has(name))).toEqual([]);
    for (const hierarchy of ["memory", "cpu", "pids"]) {
      const left = [...Deno.readDirSync(`/sys/fs/cgroup/${hierarchy}${cgroup}`)].filter(({ isDirectory }) =>
        isDirectory
      );
      expect(left).toEqual([]);
      // The parent is the caller's: it gave its name.
      await Deno.remove(`/sys/fs/cgroup/${hierarchy}${cgroup}`);
    }
    await cleanUpRuntime({ dataDir: node.dataDir });
    await Deno.remove(node.dataDir, { recursive: true });
  });
});
