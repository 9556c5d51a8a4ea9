import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ManualClock } from "../../../api/clock.ts";
import { testContainer, testSandbox } from "../../runtime/suite_test_cases.ts";
import { createSimulatedRuntime } from "../../runtime/simulated/simulated_runtime.ts";
import { rotateIfLarge, rotateLogs } from "./log_rotation.ts";

describe("log rotation", () => {
  let directory: string;
  let path: string;
  beforeEach(async () => {
    directory = await Deno.makeTempDir({ prefix: "skiff-rotation-" });
    path = `${directory}/0.log`;
  });
  afterEach(() => Deno.remove(directory, { recursive: true }));

  function files(): string[] {
    return [...Deno.readDirSync(directory)].map(({ name }) => name).sort();
  }

  it("keeps so many files, packed but for the newest two", async () => {
    const clock = new ManualClock();
    const reopened: string[] = [];
    const runtime = {
      async reopenContainerLog(id: string) {
        reopened.push(id);
        await Deno.writeTextFile(path, "");
      },
    };
    for (let round = 1; round <= 6; round++) {
      await Deno.writeTextFile(path, `round ${round}\n`.repeat(100));
      expect(await rotateIfLarge(runtime, "c", path, { maxBytes: 500, maxFiles: 4, clock })).toBe(true);
      await clock.advance(1000);
    }
    expect(await rotateIfLarge(runtime, "c", path, { maxBytes: 500, maxFiles: 4, clock })).toBe(false);
    expect(reopened.length).toBe(6);
    expect(files()).toEqual([
      "0.log",
      "0.log.20260101-000003.000.gz",
      "0.log.20260101-000004.000.gz",
      "0.log.20260101-000005.000",
    ]);
    const packed = await Deno.open(`${directory}/0.log.20260101-000004.000.gz`);
    const text = await new Response(packed.readable.pipeThrough(new DecompressionStream("gzip"))).text();
    expect(text).toBe("round 5\n".repeat(100));
  });

  it("gives the log its name back when the runtime cannot reopen it", async () => {
    await Deno.writeTextFile(path, "x".repeat(100));
    const runtime = { reopenContainerLog: () => Promise.reject(new Error("gone")) };
    const options = { maxBytes: 50, clock: new ManualClock() };
    await expect(rotateIfLarge(runtime, "c", path, options)).rejects.toThrow("gone");
    expect(files()).toEqual(["0.log"]);
  });

  it("looks at running containers only", async () => {
    const clock = new ManualClock();
    const simulated = createSimulatedRuntime({ clock });
    const asked: string[] = [];
    let wake = () => {};
    const runtime = {
      ...simulated,
      reopenContainerLog(id: string) {
        asked.push(id);
        wake();
        return Promise.resolve();
      },
    };
    const stop = new AbortController();
    const done = rotateLogs({ runtime, clock, signal: stop.signal, maxBytes: 10, interval: 1000 });
    const sandbox = testSandbox("p", directory);
    const sandboxId = await simulated.runSandbox(sandbox);
    const id = await simulated.createContainer(
      sandboxId,
      testContainer("c", "img", ["server"], { logPath: "0.log" }),
      sandbox,
    );
    await Deno.writeTextFile(path, "x".repeat(100));
    expect(clock.pending).toBe(0);
    await simulated.startContainer(id);
    while (clock.pending === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    const rotated = new Promise<void>((resolve) => wake = resolve);
    await clock.advance(1000);
    await rotated;
    expect(asked).toEqual([id]);
    await simulated.stopContainer(id, 0);
    while (clock.pending > 0) await clock.advance(1000);
    stop.abort();
    await done;
  });
});
