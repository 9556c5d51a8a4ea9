import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { IMAGE, run, TestCluster } from "./cluster.ts";
import { hostNames } from "./host_state.ts";
import { retry } from "./retry.ts";

interface Running {
  readonly uid: string;
  readonly containerID: string;
  readonly restartCount: number;
}

describe("after a crash", () => {
  let cluster: TestCluster;
  beforeAll(async () => {
    cluster = await TestCluster.start();
    await cluster.kubectl("create", "deployment", "web", `--image=${IMAGE}`, "--replicas=4", "--", "sleep", "3600");
    await cluster.kubectl("rollout", "status", "deployment/web", "--timeout=60s");
  });
  afterAll(async () => await cluster?.[Symbol.asyncDispose]());

  async function running(): Promise<Record<string, Running>> {
    const { items } = JSON.parse(await cluster.kubectl("get", "pods", "-l", "app=web", "-o", "json"));
    // deno-lint-ignore no-explicit-any
    return Object.fromEntries(items.map((pod: any) => {
      const [status] = pod.status.containerStatuses;
      expect(status.ready).toBe(true);
      return [pod.metadata.name, {
        uid: pod.metadata.uid,
        containerID: status.containerID,
        restartCount: status.restartCount,
      }];
    }));
  }

  async function isGone(pid: number): Promise<boolean> {
    try {
      return (await Deno.readTextFile(`/proc/${pid}/stat`)).split(" ")[2] === "Z";
    } catch {
      return true;
    }
  }

  it("of Skiff under load: containers run on, no Pod is made anew, no acknowledged write is missing", async () => {
    const before = await running();
    const acknowledged: string[] = [];
    let stop = false;
    const writers = Array.from({ length: 4 }, async (_, writer) => {
      for (let i = 0; !stop; i++) {
        const name = `w${writer}-${i}`;
        const { code } = await cluster.tryKubectl(["create", "configmap", name, "--request-timeout=5s"]);
        if (code === 0) acknowledged.push(name);
      }
    });
    for (let round = 0; round < 3; round++) {
      const count = acknowledged.length;
      await retry("writes to go through", async () => expect(acknowledged.length).toBeGreaterThan(count + 5));
      const pid = await cluster.pid();
      Deno.kill(pid, "SIGKILL");
      await retry("the process to be gone", async () => expect(await isGone(pid)).toBe(true));
      await cluster.up();
    }
    stop = true;
    await Promise.all(writers);
    const present = new Set((await cluster.jsonpath("configmaps", "{.items[*].metadata.name}")).split(" "));
    expect(acknowledged.filter((name) => !present.has(name))).toEqual([]);
    await retry("all Pods to be as they were", async () => expect(await running()).toEqual(before));
  }, 180_000);

  it("of containerd: it is started again, the Pods live on", async () => {
    const before = await running();
    const find = async () => {
      const { stdout } = await new Deno.Command("pgrep", { args: ["-f", `containerd .*${cluster.dataDir}`] }).output();
      return new TextDecoder().decode(stdout).trim().split("\n").filter(Boolean).map(Number);
    };
    const [pid] = await find();
    expect(pid).toBeGreaterThan(0);
    Deno.kill(pid!, "SIGKILL");
    await retry("another containerd", async () => {
      const [now] = await find();
      expect(now).toBeGreaterThan(0);
      expect(now).not.toBe(pid);
    });
    await retry("a new Pod to run", async () => {
      await cluster.tryKubectl(["run", "after", `--image=${IMAGE}`, "--", "sleep", "3600"]);
      expect(await cluster.jsonpath("pod after", "{.status.phase}")).toBe("Running");
    });
    expect(await running()).toEqual(before);
    const [name] = Object.keys(before);
    expect(await cluster.kubectl("exec", name!, "--", "echo", "alive")).toBe("alive\n");
  }, 90_000);

  it(
    "a stop that keeps the Pods leaves the containers running and finds them again; nothing was ever not Ready",
    async () => {
      const before = await running();
      const times = "{.items[*].status.conditions[?(@.type=='Ready')].lastTransitionTime}";
      const since =
        async () => [await cluster.jsonpath("nodes", times), await cluster.jsonpath("pods -l app=web", times)];
      const sinceBefore = await since();
      await cluster.down("--keep-pods");
      await cluster.up();
      expect(await running()).toEqual(before);
      expect(await since()).toEqual(sinceBefore);
    },
    60_000,
  );

  it("of all there is, as when the power fails: every Pod comes back as itself", async () => {
    await cluster.kubectl("scale", "deployment/web", "--replicas=16");
    await cluster.kubectl("rollout", "status", "deployment/web", "--timeout=60s");
    const before = await running();
    const { dataDir, runDir } = await hostNames(cluster.dataDir);
    const pgrep = async (...args: string[]) =>
      (await run("pgrep", args)).stdout.split("\n").filter(Boolean).map(Number);
    const shims = await pgrep("-f", `containerd-shim.*${runDir}`);
    const containers = await pgrep("-P", shims.join(","));
    const containerd = await pgrep("-f", `containerd .*${dataDir}`);
    expect(containers.length).toBeGreaterThanOrEqual(32);
    for (const pid of [await cluster.pid(), ...containerd, ...shims, ...containers]) {
      try {
        Deno.kill(pid, "SIGKILL");
      } catch (error) {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      }
    }
    await retry("Skiff to be gone", async () => expect(await isGone(await cluster.pid())).toBe(true));
    await cluster.up();
    await retry("all Pods to run again", async () => {
      const now = await running();
      expect(Object.keys(now)).toEqual(Object.keys(before));
      for (const [name, { uid, restartCount }] of Object.entries(now)) {
        expect(uid).toBe(before[name]!.uid);
        expect(restartCount).toBeGreaterThan(before[name]!.restartCount);
      }
    }, 60_000);
  }, 180_000);
});
