import { describe, expect, it } from "vitest";
import { nodeArchitecture } from "./pause_image.ts";
import { pauseProgram } from "./pause_program.ts";

describe("pauseProgram", () => {
  it("makes static ELF executables for both architectures", () => {
    for (const [architecture, machine] of [["amd64", 62], ["arm64", 183]] as const) {
      const file = pauseProgram(architecture);
      const view = new DataView(file.buffer);
      expect([...file.subarray(0, 4)]).toEqual([0x7f, 0x45, 0x4c, 0x46]);
      expect(view.getUint16(18, true)).toBe(machine);
      expect(view.getBigUint64(24, true)).toBeLessThan(0x400000n + BigInt(file.length));
      expect(view.getBigUint64(96, true)).toBe(BigInt(file.length));
    }
  });

  it.each(["SIGTERM", "SIGINT"] as const)("waits until %s, then ends with 0", async (signal) => {
    const path = await Deno.makeTempFile({ prefix: "pause-" });
    try {
      await Deno.writeFile(path, pauseProgram(nodeArchitecture()));
      await Deno.chmod(path, 0o755);
      const child = new Deno.Command(path).spawn();
      // Once it ignores SIGCHLD the two signals are blocked; the kernel hides that while they are waited for.
      const ready = async () => {
        const status = await Deno.readTextFile(`/proc/${child.pid}/status`);
        return (BigInt(`0x${/^SigIgn:\s+(\w+)$/m.exec(status)?.[1] ?? 0}`) & 0x10000n) !== 0n;
      };
      while (!await ready()) await new Promise((resolve) => setTimeout(resolve, 1));
      child.kill(signal);
      expect(await child.status).toMatchObject({ code: 0, signal: null });
    } finally {
      await Deno.remove(path);
    }
  });
});
