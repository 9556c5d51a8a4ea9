import { dirname } from "node:path";
import { describe, expect, it } from "vitest";
import { requireKernelDefaults } from "./kernel_defaults.ts";

const GOOD: Readonly<Record<string, string>> = {
  "vm/overcommit_memory": "1",
  "vm/panic_on_oom": "0",
  "kernel/panic": "10",
  "kernel/panic_on_oops": "1",
  "kernel/keys/root_maxkeys": "1000000",
  "kernel/keys/root_maxbytes": "25000000",
};

async function verdict(files: Readonly<Record<string, string>>): Promise<string> {
  const root = await Deno.makeTempDir({ prefix: "skiff-sysctl-" });
  try {
    for (const [path, value] of Object.entries(files)) {
      await Deno.mkdir(dirname(`${root}/${path}`), { recursive: true });
      await Deno.writeTextFile(`${root}/${path}`, `${value}\n`);
    }
    return await requireKernelDefaults(root).then(() => "fine", (error) => error.message);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

describe("requireKernelDefaults", () => {
  it("takes a kernel as kubelets want it", async () => expect(await verdict(GOOD)).toBe("fine"));

  it("tells all that is otherwise", async () => {
    const { "vm/overcommit_memory": _, ...rest } = GOOD;
    expect(await verdict({ ...rest, "kernel/panic": "0" })).toBe(
      "--protect-kernel-defaults: vm.overcommit_memory is not there, not 1; kernel.panic is 0, not 10. " +
        "Set them with sysctl, and in /etc/sysctl.d for the next start",
    );
  });
});
