import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type {
  ContainerConfig,
  ContainerRuntime,
  NamespaceModes,
  RuntimeError,
  RuntimeEvent,
  SandboxConfig,
} from "./contract.ts";

/** One implementation under test. */
export interface SuiteSubject {
  readonly runtime: ContainerRuntime;
  /** An image that has `sleep`, `sh`, `true` and `echo`. */
  readonly image: string;
  /** An existing, empty directory for logs. */
  readonly logDirectory: string;
  end(): Promise<void>;
}

const NAMESPACES: NamespaceModes = { network: "pod", pid: "container", ipc: "pod" };

export function testSandbox(name: string, logDirectory: string, more: Partial<SandboxConfig> = {}): SandboxConfig {
  return {
    name,
    namespace: "default",
    uid: `uid-${name}`,
    attempt: 0,
    hostname: name,
    logDirectory,
    portMappings: [],
    labels: { app: name },
    annotations: { note: "kept" },
    cgroupParent: "",
    sysctls: {},
    namespaces: NAMESPACES,
    security: { privileged: false, supplementalGroups: [], readonlyRootfs: false, seccomp: { type: "runtimeDefault" } },
    ...more,
  };
}

export function testContainer(
  name: string,
  image: string,
  command: readonly string[],
  more: Partial<ContainerConfig> = {},
): ContainerConfig {
  return {
    name,
    attempt: 0,
    image,
    userImage: image,
    command,
    args: [],
    workingDir: "",
    env: [],
    mounts: [],
    devices: [],
    labels: { role: name },
    annotations: {},
    logPath: `${name}.log`,
    stdin: false,
    stdinOnce: false,
    tty: false,
    resources: {},
    security: {
      privileged: false,
      addCapabilities: [],
      dropCapabilities: [],
      supplementalGroups: [],
      readonlyRootfs: false,
      noNewPrivileges: false,
      seccomp: { type: "runtimeDefault" },
      appArmor: { type: "runtimeDefault" },
      maskedPaths: [],
      readonlyPaths: [],
      namespaces: NAMESPACES,
    },
    ...more,
  };
}

/** What every `ContainerRuntime` does. */
export function runtimeSuite(name: string, make: () => Promise<SuiteSubject>): void {
  describe(`${name} as a ContainerRuntime`, () => {
    let subject: SuiteSubject;
    let runtime: ContainerRuntime;
    let count = 0;
    beforeAll(async () => {
      subject = await make();
      runtime = subject.runtime;
    });
    afterAll(() => subject?.end());

    function sandbox(): SandboxConfig {
      return testSandbox(`suite-${count++}`, subject.logDirectory);
    }
    function container(command: readonly string[]): ContainerConfig {
      return testContainer(`c-${count++}`, subject.image, command);
    }
    async function started(command: readonly string[]): Promise<{ sandboxId: string; id: string }> {
      const config = sandbox();
      const sandboxId = await runtime.runSandbox(config);
      const id = await runtime.createContainer(sandboxId, container(command), config);
      await runtime.startContainer(id);
      return { sandboxId, id };
    }
    async function drop(sandboxId: string): Promise<void> {
      await runtime.stopSandbox(sandboxId);
      await runtime.removeSandbox(sandboxId);
    }
    async function reason(call: Promise<unknown>): Promise<string> {
      try {
        await call;
      } catch (error) {
        return (error as RuntimeError).reason;
      }
      return "resolved";
    }

    it("says what it is and that it is ready", async () => {
      expect((await runtime.version()).name).not.toBe("");
      const conditions = await runtime.status();
      expect(conditions.map(({ type }) => type)).toEqual(expect.arrayContaining(["RuntimeReady", "NetworkReady"]));
      expect(conditions.every(({ status }) => status)).toBe(true);
    });

    it("makes, shows, stops and removes a sandbox; the latter two as often as one likes", async () => {
      const config = sandbox();
      const before = Date.now();
      const id = await runtime.runSandbox(config);
      const shown = await runtime.sandbox(id);
      expect(shown).toMatchObject({
        id,
        name: config.name,
        namespace: "default",
        uid: config.uid,
        attempt: 0,
        ready: true,
        labels: { app: config.name },
        annotations: { note: "kept" },
      });
      expect(shown!.ips[0]).toMatch(/^\d+\.\d+\.\d+\.\d+$/);
      expect(Math.abs(shown!.createdAt - before)).toBeLessThan(30_000);
      expect((await runtime.sandboxes()).find((s) => s.id === id)).toMatchObject({ ready: true, uid: config.uid });
      await runtime.stopSandbox(id);
      expect((await runtime.sandbox(id))?.ready).toBe(false);
      await runtime.stopSandbox(id);
      await runtime.removeSandbox(id);
      expect(await runtime.sandbox(id)).toBeUndefined();
      await runtime.stopSandbox(id);
      await runtime.removeSandbox(id);
    });

    it("runs a container to its end and keeps its exit code", async () => {
      const config = sandbox();
      const sandboxId = await runtime.runSandbox(config);
      const wanted = container(["sh", "-c", "exit 3"]);
      const id = await runtime.createContainer(sandboxId, wanted, config);
      expect(await runtime.container(id)).toMatchObject({ id, sandboxId, name: wanted.name, state: "created" });
      const stop = new AbortController();
      const events = runtime.events(stop.signal);
      await runtime.startContainer(id);
      const exit = await firstOf(events, (event) => event.type === "exited" && event.containerId === id);
      expect(exit).toEqual({ type: "exited", containerId: id, exitCode: 3 });
      stop.abort();
      const dead = await runtime.container(id);
      expect(dead).toMatchObject({ state: "exited", exitCode: 3, labels: wanted.labels });
      expect(dead!.finishedAt).toBeGreaterThanOrEqual(dead!.startedAt);
      expect(dead!.startedAt).toBeGreaterThan(0);
      expect(dead!.logPath).toBe(`${subject.logDirectory}/${wanted.logPath}`);
      await runtime.removeContainer(id);
      expect(await runtime.container(id)).toBeUndefined();
      await runtime.removeContainer(id);
      await drop(sandboxId);
    });

    it("tells start, exit and deletion in this order", async () => {
      const stop = new AbortController();
      const seen: RuntimeEvent[] = [];
      const events = runtime.events(stop.signal);
      const { sandboxId, id } = await started(["true"]);
      const removed = (async () => {
        for await (const event of events) {
          if (event.containerId !== id) continue;
          seen.push(event);
          if (event.type === "exited") await runtime.removeContainer(id);
          if (event.type === "deleted") stop.abort();
        }
      })();
      await removed;
      expect(seen.map(({ type }) => type)).toEqual(["started", "exited", "deleted"]);
      await drop(sandboxId);
    });

    it("stops a container that does not listen, after its grace period", async () => {
      const { sandboxId, id } = await started(["sleep", "3600"]);
      expect(await runtime.container(id)).toMatchObject({ state: "running", finishedAt: 0 });
      await runtime.stopContainer(id, 0);
      expect(await runtime.container(id)).toMatchObject({ state: "exited", exitCode: 137 });
      await runtime.stopContainer(id, 0);
      await drop(sandboxId);
    });

    it("lists the containers of one sandbox or of all, and removes them with it", async () => {
      const one = await started(["sleep", "3600"]);
      const two = await started(["sleep", "3600"]);
      expect((await runtime.containers(one.sandboxId)).map(({ id }) => id)).toEqual([one.id]);
      const all = await runtime.containers();
      expect(all.find(({ id }) => id === two.id)).toMatchObject({ sandboxId: two.sandboxId, state: "running" });
      await drop(one.sandboxId);
      await drop(two.sandboxId);
      expect(await runtime.container(one.id)).toBeUndefined();
      expect(await runtime.containers(two.sandboxId)).toEqual([]);
    });

    it("executes commands in a container", async () => {
      const { sandboxId, id } = await started(["sleep", "3600"]);
      const { stdout, exitCode } = await runtime.execSync(id, ["echo", "hello"], 10);
      expect([new TextDecoder().decode(stdout), exitCode]).toEqual(["hello\n", 0]);
      expect((await runtime.execSync(id, ["sh", "-c", "exit 7"], 10)).exitCode).toBe(7);
      expect(await reason(runtime.execSync(id, ["sleep", "60"], 1))).toBe("deadlineExceeded");
      await drop(sandboxId);
    });

    it("counts what running containers use and changes their limits", async () => {
      const { sandboxId, id } = await started(["sleep", "3600"]);
      await runtime.updateContainerResources(id, { cpuShares: 512, memoryLimitBytes: 64 * 1024 * 1024 });
      const mine = (await runtime.stats()).find(({ containerId }) => containerId === id);
      expect(mine?.memoryBytes).toBeGreaterThanOrEqual(0);
      expect(mine?.at).toBeGreaterThan(0);
      await drop(sandboxId);
    });

    it("knows its images", async () => {
      const image = await runtime.images.get(subject.image);
      expect(image?.tags).toContain(subject.image);
      expect(image?.bytes).toBeGreaterThan(0);
      expect((await runtime.images.list()).map(({ id }) => id)).toContain(image!.id);
      expect(await runtime.images.get(image!.id)).toMatchObject({ id: image!.id });
      expect(await runtime.images.get("nowhere.example/nothing:1")).toBeUndefined();
    });

    it("rejects with reasons", async () => {
      const config = sandbox();
      expect(await reason(runtime.createContainer("missing", container(["true"]), config))).toBe("notFound");
      expect(await reason(runtime.startContainer("missing"))).toBe("notFound");
      const sandboxId = await runtime.runSandbox(config);
      const badImage = { ...container(["true"]), image: "nowhere.example/nothing:1" };
      expect(await reason(runtime.createContainer(sandboxId, badImage, config))).toBe("notFound");
      await drop(sandboxId);
    });

    it("rejects with the signal's reason when aborted", async () => {
      const why = new Error("no longer wanted");
      await expect(runtime.runSandbox(sandbox(), AbortSignal.abort(why))).rejects.toBe(why);
      await expect(runtime.sandboxes(AbortSignal.abort(why))).rejects.toBe(why);
      const stop = new AbortController();
      const events = runtime.events(stop.signal);
      stop.abort(why);
      await expect(firstOf(events, () => true)).resolves.toBeUndefined();
    });
  });
}

/** The first event that fits; undefined when the stream ends before. */
export async function firstOf(
  events: AsyncIterable<RuntimeEvent>,
  fits: (event: RuntimeEvent) => boolean,
): Promise<RuntimeEvent | undefined> {
  for await (const event of events) if (fits(event)) return event;
  return undefined;
}
