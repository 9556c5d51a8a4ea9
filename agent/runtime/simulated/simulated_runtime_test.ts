import { describe, expect, it } from "vitest";
import { ManualClock, systemClock } from "../../../api/clock.ts";
import { runtimeSuite, testContainer, testSandbox } from "../suite_test_cases.ts";
import { behaviourAnnotations, behaviourOf } from "./behaviour.ts";
import { createSimulatedRuntime } from "./simulated_runtime.ts";

runtimeSuite("the simulation", () => {
  const runtime = createSimulatedRuntime({ clock: systemClock({ background: true }) });
  const logDirectory = "/var/log/pods/simulated";
  return Promise.resolve({ runtime, image: "busybox:test", logDirectory, end: () => runtime.close() });
});

describe("createSimulatedRuntime", () => {
  it("ends containers by its clock", async () => {
    const clock = new ManualClock();
    const runtime = createSimulatedRuntime({ clock });
    const sandbox = testSandbox("p", "/logs");
    const sandboxId = await runtime.runSandbox(sandbox);
    const config = testContainer("c", "img", ["server"], {
      annotations: { [behaviourAnnotations.exitAfter]: "2.5", [behaviourAnnotations.exitCode]: "4" },
    });
    const id = await runtime.createContainer(sandboxId, config, sandbox);
    await runtime.startContainer(id);
    await clock.advance(2_499);
    expect((await runtime.container(id))?.state).toBe("running");
    await clock.advance(1);
    expect(await runtime.container(id)).toMatchObject({ state: "exited", exitCode: 4, finishedAt: clock.now() });
    expect(clock.pending).toBe(0);
  });

  it("is doubled with all that runs in it", async () => {
    const clock = new ManualClock();
    const runtime = createSimulatedRuntime({ clock, podCidr: "10.9.0.0/29" });
    const sandbox = testSandbox("p", "/logs");
    const sandboxId = await runtime.runSandbox(sandbox);
    const id = await runtime.createContainer(sandboxId, testContainer("c", "img", ["sleep", "5"]), sandbox);
    await runtime.startContainer(id);
    await clock.advance(2_000);
    const twin = runtime.fork();
    await runtime.removeSandbox(sandboxId);
    expect((await twin.sandbox(sandboxId))?.ips).toEqual(["10.9.0.1"]);
    const other = await twin.runSandbox(testSandbox("q", "/logs"));
    expect([(await twin.sandbox(other))?.ips, await runtime.sandboxes()]).toEqual([["10.9.0.2"], []]);
    await clock.advance(2_999);
    expect((await twin.container(id))?.state).toBe("running");
    await clock.advance(1);
    expect(await twin.container(id)).toMatchObject({ state: "exited", exitCode: 0 });
    await Promise.all([runtime.close(), twin.close()]);
  });

  it("gives each sandbox an address of its range, and takes it back", async () => {
    const runtime = createSimulatedRuntime({ clock: new ManualClock(), podCidr: "10.9.0.0/30" });
    const one = await runtime.runSandbox(testSandbox("a", "/logs"));
    const two = await runtime.runSandbox(testSandbox("b", "/logs"));
    expect((await runtime.sandboxes()).flatMap(({ ips }) => ips)).toEqual(["10.9.0.1", "10.9.0.2"]);
    await expect(runtime.runSandbox(testSandbox("c", "/logs"))).rejects.toThrow("no address is left");
    await runtime.removeSandbox(one);
    const three = await runtime.runSandbox(testSandbox("c", "/logs"));
    expect((await runtime.sandbox(three))?.ips).toEqual(["10.9.0.1"]);
    await runtime.removeSandbox(two);
    const namespaces = { network: "node", pid: "container", ipc: "pod" } as const;
    const host = await runtime.runSandbox(testSandbox("d", "/logs", { namespaces }));
    expect((await runtime.sandbox(host))?.ips).toEqual(["192.0.2.1"]);
  });
});

describe("behaviourOf", () => {
  it.each(
    [
      [["true"], { endsAfter: 0, exitCode: 0 }],
      [["/bin/false"], { endsAfter: 0, exitCode: 1 }],
      [["sleep", "2"], { endsAfter: 2000, exitCode: 0 }],
      [["sh", "-c", "sleep 1; exit 3"], { endsAfter: 1000, exitCode: 3 }],
      [["sh", "-c", "echo a && sleep 1 && sleep 2"], { endsAfter: 3000, exitCode: 0 }],
      [["sh", "-c", "exec server"], { exitCode: 0 }],
      [["nginx"], { exitCode: 0 }],
    ] as const,
  )("%s", ([command, behaviour]) => {
    expect(behaviourOf({ command, args: [], annotations: {} })).toEqual(behaviour);
  });
});
