import { describe, expect, it } from "vitest";
import { systemClock } from "../../api/clock.ts";
import { createSimulatedRuntime } from "../runtime/simulated/simulated_runtime.ts";
import { testContainer, testSandbox } from "../runtime/suite_test_cases.ts";
import { whenEnded } from "./when_ended.ts";

describe("whenEnded", () => {
  it("waits for the container's end, or finds it ended or gone", async () => {
    const clock = systemClock({ background: true });
    const runtime = createSimulatedRuntime({ clock });
    const { signal } = new AbortController();
    const sandbox = testSandbox("p", "/logs");
    const sandboxId = await runtime.runSandbox(sandbox);
    const id = await runtime.createContainer(sandboxId, testContainer("c", "img", ["server"]), sandbox);
    await runtime.startContainer(id);
    let ended = false;
    const waiting = whenEnded(runtime, id, clock, signal).then(() => ended = true);
    await runtime.containers();
    expect(ended).toBe(false);
    await runtime.stopContainer(id, 0);
    await waiting;
    await whenEnded(runtime, id, clock, signal);
    await whenEnded(runtime, "no such container", clock, signal);
  });

  it("rejects when nobody wants to know any more", async () => {
    const clock = systemClock({ background: true });
    const runtime = createSimulatedRuntime({ clock });
    const why = new Error("gone");
    await expect(whenEnded(runtime, "c", clock, AbortSignal.abort(why))).rejects.toBe(why);
  });
});
