import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemClock } from "../../api/clock.ts";
import { configmaps, pods, secrets } from "../../api/resources.ts";
import type { Pod } from "../../api/types/core_v1.ts";
import { createInformerFactory } from "../../client/informers.ts";
import { MemoryClient } from "../../client/testing/memory_client.ts";
import { detectHierarchy } from "../cgroups/hierarchy.ts";
import { cleanUpCgroups, createPodCgroups } from "../cgroups/pod_cgroups.ts";
import { BUSYBOX, type TestNode, testNode } from "../runtime/testing/test_node.ts";
import { mounts } from "../volumes/mount.ts";
import type { NodeFacts } from "./node_facts.ts";
import { type PodManager, startPods } from "./start_pods.ts";
import { podNamed } from "./testing/harness.ts";

const clock = systemClock();
const cgroup = `skiff-test-${crypto.randomUUID().slice(0, 8)}`;
const events: string[] = [];
let node: TestNode;
let client: MemoryClient;
let manager: PodManager;
let stop: AbortController;
let facts: NodeFacts;

async function open(): Promise<void> {
  stop = new AbortController();
  const informers = createInformerFactory(client, { clock });
  const starting = startPods({
    runtime: node.supervised.runtime,
    client,
    informers,
    facts: () => facts,
    cgroups: createPodCgroups({ hierarchy: await detectHierarchy(), name: cgroup }),
    events: { event: (_, type, reason, message) => void events.push(`${type} ${reason} ${message}`) },
    signal: stop.signal,
  });
  informers.start(stop.signal);
  manager = await starting;
}

async function close(): Promise<void> {
  stop.abort(new Error("the test is over"));
  await manager.closed();
}

async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const limit = performance.now() + 20_000;
  while (!await holds()) {
    if (performance.now() > limit) throw new Error(`never: ${what}; events: ${events.join("; ")}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function get(name: string): Promise<Pod> {
  return await client.get(pods, { namespace: "default", name });
}

async function untilPhase(name: string, phase: string): Promise<Pod> {
  await until(`${name} ${phase}`, async () => (await get(name)).status?.phase === phase);
  return await get(name);
}

async function create(name: string, spec: Partial<Pod["spec"]>, command: string[] = ["sleep", "1000"]): Promise<Pod> {
  const base = podNamed(name, {});
  return await client.create(pods, {
    ...base,
    spec: {
      nodeName: "node1",
      terminationGracePeriodSeconds: 1,
      containers: [{ name: "main", image: BUSYBOX, imagePullPolicy: "IfNotPresent", command }],
      ...spec,
    },
  });
}

async function remove(name: string): Promise<void> {
  const { metadata } = await get(name);
  await client.delete(pods, { namespace: "default", name });
  await until(`${name} is gone`, () => !manager.directory.all().some((pod) => pod.metadata.uid === metadata.uid));
  const finalizers = { type: "merge", patch: { metadata: { finalizers: null } } } as const;
  await client.patch(pods, { namespace: "default", name }, finalizers);
}

async function exec(name: string, ...command: string[]): Promise<string> {
  const id = manager.directory.containerId("default", name, "main", false)!;
  const { stdout, stderr } = await node.supervised.runtime.execSync(id, command, 5);
  return new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
}

describe("Pods in containerd", () => {
  beforeAll(async () => {
    node = await testNode();
    client = new MemoryClient();
    facts = {
      nodeName: "node1",
      hostIPs: ["192.0.2.1"],
      allocatable: { cpu: "4", memory: "8Gi" },
      memoryBytes: 8 * 2 ** 30,
      clusterDns: ["10.43.0.10"],
      clusterDomain: "cluster.local",
      resolvConf: "/etc/resolv.conf",
      logRoot: `${node.dataDir}/podlogs`,
      podsRoot: `${node.dataDir}/pods`,
      seccompRoot: `${node.dataDir}/seccomp`,
      allowedUnsafeSysctls: [],
    };
    await open();
  });
  afterAll(async () => {
    await close();
    await node.end();
    await cleanUpCgroups(await detectHierarchy(), cgroup);
  });

  it("runs one with its volumes, hosts file, name servers and limits, and leaves nothing of it", async () => {
    await client.create(configmaps, {
      metadata: { namespace: "default", name: "settings" },
      data: { "a.txt": "one", b: "two" },
    });
    await client.create(secrets, { metadata: { namespace: "default", name: "keys" }, data: { key: btoa("hidden") } });
    const begin = performance.now();
    await create("full", {
      hostAliases: [{ ip: "192.0.2.9", hostnames: ["nine"] }],
      securityContext: { fsGroup: 2000 },
      volumes: [
        { name: "config", configMap: { name: "settings" } },
        { name: "keys", secret: { secretName: "keys", defaultMode: 0o400 } },
        { name: "scratch", emptyDir: {} },
        { name: "memory", emptyDir: { medium: "Memory", sizeLimit: "1Mi" } },
        { name: "about", downwardAPI: { items: [{ path: "labels", fieldRef: { fieldPath: "metadata.name" } }] } },
      ],
      containers: [{
        name: "main",
        image: BUSYBOX,
        imagePullPolicy: "IfNotPresent",
        command: ["sleep", "1000"],
        env: [{ name: "IP", valueFrom: { fieldRef: { fieldPath: "status.podIP" } } }, { name: "X", value: "<$(IP)>" }],
        resources: { limits: { memory: "64Mi", cpu: "500m" } },
        volumeMounts: [
          { name: "config", mountPath: "/config" },
          { name: "config", mountPath: "/single", subPath: "a.txt" },
          { name: "keys", mountPath: "/keys" },
          { name: "scratch", mountPath: "/scratch/deep", subPath: "x/y" },
          { name: "memory", mountPath: "/memory" },
          { name: "about", mountPath: "/about" },
        ],
      }],
    });
    const pod = await untilPhase("full", "Running");
    console.error(`      create to Running: ${Math.round(performance.now() - begin)} ms`);
    const ip = pod.status!.podIP!;
    expect(await exec("full", "cat", "/config/a.txt", "/single", "/about/labels")).toBe("oneonefull");
    expect(await exec("full", "cat", "/keys/key")).toBe("hidden");
    expect(await exec("full", "stat", "-c", "%a %g", "/keys/..data/key")).toBe("440 2000\n");
    expect(await exec("full", "stat", "-c", "%g", "/scratch/deep")).toBe("2000\n");
    expect(await exec("full", "sh", "-c", "echo $X")).toBe(`<${ip}>\n`);
    expect(await exec("full", "cat", "/etc/hosts")).toContain(`${ip}\tfull`);
    expect(await exec("full", "cat", "/etc/hosts")).toContain("192.0.2.9\tnine");
    expect(await exec("full", "cat", "/etc/resolv.conf")).toContain("nameserver 10.43.0.10");
    expect(await exec("full", "sh", "-c", "dd if=/dev/zero of=/memory/x bs=1M count=2 2>&1")).toContain(
      "No space left",
    );
    await client.patch(configmaps, { namespace: "default", name: "settings" }, {
      type: "merge",
      patch: { data: { "a.txt": "changed" } },
    });
    await until("the change is seen", async () => await exec("full", "cat", "/config/a.txt") === "changed");
    expect(await exec("full", "cat", "/single")).toBe("one");
    const { uid } = pod.metadata;
    await remove("full");
    const last = (await client.list(pods, {})).items.length;
    expect(last).toBe(0);
    expect((await mounts()).filter(({ path }) => path.includes(uid!))).toEqual([]);
    await expect(Deno.stat(`${facts.podsRoot}/${uid}`)).rejects.toThrow(Deno.errors.NotFound);
    await expect(Deno.stat(`/sys/fs/cgroup/memory/${cgroup}/kubepods/pod${uid}`)).rejects.toThrow(Deno.errors.NotFound);
  });

  it("shows how containers end: exit code, last words, memory limit", async () => {
    await create("words", {
      restartPolicy: "Never",
    }, ["sh", "-c", "echo -n farewell > /dev/termination-log; exit 3"]);
    await create("greedy", {
      restartPolicy: "Never",
      containers: [{
        name: "main",
        image: BUSYBOX,
        imagePullPolicy: "IfNotPresent",
        command: ["sh", "-c", "dd if=/dev/zero of=/dev/null bs=200M count=1"],
        resources: { limits: { memory: "20Mi" } },
      }],
    });
    const words = (await untilPhase("words", "Failed")).status!.containerStatuses![0]!.state!.terminated!;
    expect(words).toMatchObject({ exitCode: 3, reason: "Error", message: "farewell" });
    const greedy = (await untilPhase("greedy", "Failed")).status!.containerStatuses![0]!.state!.terminated!;
    expect(greedy).toMatchObject({ exitCode: 137, reason: "OOMKilled" });
    await remove("words");
    await remove("greedy");
  });

  it("resizes one in place, and goes on with that after a restart", async () => {
    const hierarchy = await detectHierarchy();
    const resources = (cpu: string, memory: string) => ({
      requests: { cpu: "100m", memory: "16Mi" },
      limits: { cpu, memory },
    });
    const main = {
      name: "main",
      image: BUSYBOX,
      imagePullPolicy: "IfNotPresent",
      command: ["sleep", "1000"],
    };
    const other = { ...main, name: "other", resources: resources("100m", "20Mi") };
    const policy = [{ resourceName: "memory", restartPolicy: "RestartContainer" }];
    const spec = (cpu: string, memory: string) => ({
      containers: [{ ...main, resources: resources(cpu, memory) }, { ...other, resizePolicy: policy }],
    });
    const resize = async (patch: Partial<Pod["spec"]>, generation: number) => {
      await client.patch(pods, { namespace: "default", name: "elastic" }, {
        type: "merge",
        patch: { metadata: { generation }, spec: patch } as Record<string, unknown>,
      });
    };
    const { uid } = (await create("elastic", spec("200m", "32Mi"))).metadata;
    const before = await untilPhase("elastic", "Running");
    const statusOf = async (name: string) =>
      (await get("elastic")).status!.containerStatuses!.find((status) => status.name === name)!;
    expect(before.status!.containerStatuses![0]).toMatchObject({
      allocatedResources: { cpu: "100m", memory: "16Mi" },
      resources: resources("200m", "32Mi"),
    });
    const containerId = before.status!.containerStatuses![0]!.containerID!;
    const podGroup = `/${cgroup}/kubepods/burstable/pod${uid}`;
    const limits = async (group: string) => {
      const read = async (controller: string, file: string) => {
        const base = hierarchy.version === 2 ? hierarchy.root : `${hierarchy.root}/${controller}`;
        return (await Deno.readTextFile(`${base}${group}/${file}`)).trim().split(" ")[0];
      };
      const [cpu, memory] = hierarchy.version === 2
        ? ["cpu.max", "memory.max"]
        : ["cpu.cfs_quota_us", "memory.limit_in_bytes"];
      return [await read("cpu", cpu), await read("memory", memory)];
    };
    const groupOf = (id: string) => `${podGroup}/${id.replace("containerd://", "")}`;
    const mebi = (count: number) => String(count * 2 ** 20);
    expect(await limits(groupOf(containerId))).toEqual(["20000", mebi(32)]);
    expect(await limits(podGroup)).toEqual(["30000", mebi(52)]);

    await resize(spec("400m", "48Mi"), 2);
    await until("the larger limits", async () => (await statusOf("main")).resources?.limits?.memory === "48Mi");
    expect(await limits(groupOf(containerId))).toEqual(["40000", mebi(48)]);
    expect(await limits(podGroup)).toEqual(["50000", mebi(68)]);
    expect(await statusOf("main")).toMatchObject({ containerID: containerId, restartCount: 0 });
    const conditions = async () => (await get("elastic")).status!.conditions!.map(({ type }) => type);
    await until("the resize is over", async () => !(await conditions()).includes("PodResizeInProgress"));

    // While nobody looks: what containers carry, and what was noted of the resize, tell the difference.
    await close();
    await resize(spec("100m", "24Mi"), 3);
    await open();
    await until("the smaller limits", async () => (await statusOf("main")).resources?.limits?.memory === "24Mi");
    expect(await limits(groupOf(containerId))).toEqual(["10000", mebi(24)]);
    await until("the smaller Pod", async () => (await limits(podGroup))[1] === mebi(44));

    const larger = { ...other, resizePolicy: policy, resources: resources("100m", "40Mi") };
    await resize({ containers: [spec("100m", "24Mi").containers[0]!, larger] }, 4);
    await until("the new container", async () => {
      const { restartCount, state } = await statusOf("other");
      return restartCount === 1 && state?.running !== undefined;
    });
    expect(await limits(groupOf((await statusOf("other")).containerID!))).toEqual(["10000", mebi(40)]);
    expect(await limits(podGroup)).toEqual(["20000", mebi(64)]);
    expect((await statusOf("main")).containerID).toBe(containerId);
    expect(events).toContainEqual(expect.stringContaining("Container other resize requires restart"));

    await remove("elastic");
  });

  it("goes on after a restart with the same containers", async () => {
    await create("steady", {});
    const before = await untilPhase("steady", "Running");
    await close();
    await open();
    await until("found", () => manager.directory.containerId("default", "steady", "main", false) !== undefined);
    const id = manager.directory.containerId("default", "steady", "main", false);
    expect(before.status!.containerStatuses![0]!.containerID).toBe(`containerd://${id}`);
    expect((await node.supervised.runtime.sandboxes()).length).toBe(1);
    await node.supervised.runtime.stopContainer(id!, 0);
    await until("restarted", async () => (await get("steady")).status?.containerStatuses?.[0]?.restartCount === 1);
    await untilPhase("steady", "Running");
    await remove("steady");
  });

  it("holds containers to their security contexts", async () => {
    const container = { name: "main", image: BUSYBOX, imagePullPolicy: "IfNotPresent", command: ["sleep", "1000"] };
    await create("bound", {
      securityContext: {
        runAsUser: 1000,
        runAsGroup: 2000,
        supplementalGroups: [3000],
        seccompProfile: { type: "RuntimeDefault" },
        sysctls: [{ name: "net.ipv4.ip_unprivileged_port_start", value: "77" }],
      },
      hostname: "named",
      containers: [{
        ...container,
        securityContext: {
          readOnlyRootFilesystem: true,
          allowPrivilegeEscalation: false,
          capabilities: { drop: ["ALL"] },
          runAsNonRoot: true,
        },
      }],
    });
    await create("free", {
      hostNetwork: true,
      hostPID: true,
      containers: [{ ...container, securityContext: { privileged: true } }],
    });
    await create("together", {
      shareProcessNamespace: true,
      containers: [container, { ...container, name: "other", command: ["sleep", "777"] }],
    });
    await create("root", { containers: [{ ...container, securityContext: { runAsNonRoot: true } }] });
    for (const name of ["bound", "free", "together"]) await untilPhase(name, "Running");
    expect(await exec("bound", "id")).toBe("uid=1000 gid=2000 groups=2000,3000\n");
    expect(await exec("bound", "hostname")).toBe("named\n");
    expect(await exec("bound", "touch", "/x")).toContain("Read-only file system");
    const status = await exec("bound", "cat", "/proc/self/status");
    expect(status).toContain("CapEff:\t0000000000000000");
    expect(status).toContain("NoNewPrivs:\t1");
    expect(status).toContain("Seccomp:\t2");
    expect(await exec("bound", "cat", "/proc/sys/net/ipv4/ip_unprivileged_port_start")).toBe("77\n");
    expect(await exec("free", "hostname")).toBe(`${Deno.hostname()}\n`);
    expect(await exec("free", "readlink", "/proc/self/ns/net")).toBe(`${await Deno.readLink("/proc/self/ns/net")}\n`);
    expect((await get("free")).status?.podIP).toBe("192.0.2.1");
    expect(await exec("together", "ps")).toContain("sleep 777");
    await until(
      "refused",
      async () =>
        (await get("root")).status?.containerStatuses?.[0]?.state?.waiting?.reason === "CreateContainerConfigError",
    );
    for (const name of ["bound", "free", "together", "root"]) await remove(name);
  });

  it("runs hooks, and ends a container that does not listen", async () => {
    const container = { name: "main", image: BUSYBOX, imagePullPolicy: "IfNotPresent" };
    const shared = `${node.dataDir}/hooks`;
    await create("hooked", {
      terminationGracePeriodSeconds: 2,
      volumes: [{ name: "shared", hostPath: { path: shared, type: "DirectoryOrCreate" } }],
      containers: [{
        ...container,
        command: ["sh", "-c", "trap '' TERM; while true; do sleep 1; done"],
        volumeMounts: [{ name: "shared", mountPath: "/shared" }],
        lifecycle: {
          postStart: { exec: { command: ["touch", "/shared/started"] } },
          preStop: { exec: { command: ["touch", "/shared/stopping"] } },
        },
      }],
    });
    await untilPhase("hooked", "Running");
    expect((await Deno.stat(`${shared}/started`)).isFile).toBe(true);
    const begin = performance.now();
    await remove("hooked");
    expect((await Deno.stat(`${shared}/stopping`)).isFile).toBe(true);
    expect(performance.now() - begin).toBeGreaterThan(1_500);
    expect(performance.now() - begin).toBeLessThan(10_000);
  });

  it("loses nothing when containerd is killed", async () => {
    await create("through", {});
    const before = (await untilPhase("through", "Running")).status!.containerStatuses![0]!.containerID;
    const pid = Number(await Deno.readTextFile(node.supervised.paths.pidFile));
    Deno.kill(pid, "SIGKILL");
    await create("after", {});
    await untilPhase("after", "Running");
    const { status } = await get("through");
    expect(status!.containerStatuses![0]).toMatchObject({ containerID: before, restartCount: 0, ready: true });
    const id = manager.directory.containerId("default", "through", "main", false)!;
    await node.supervised.runtime.stopContainer(id, 0);
    await until(
      "its death is heard of",
      async () => (await get("through")).status?.containerStatuses?.[0]?.restartCount === 1,
    );
    await remove("through");
    await remove("after");
  });
});
