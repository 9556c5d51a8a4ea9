import { UserError } from "./error.ts";

/** What a kubelet wants of the kernel (`pkg/kubelet/cm/container_manager_linux.go`). */
const WANTED: Readonly<Record<string, string>> = {
  "vm.overcommit_memory": "1",
  "vm.panic_on_oom": "0",
  "kernel.panic": "10",
  "kernel.panic_on_oops": "1",
  "kernel.keys.root_maxkeys": "1000000",
  "kernel.keys.root_maxbytes": "25000000",
};

/** Refuses a kernel that is set up otherwise; the error is what to write to sysctl.conf. */
export async function requireKernelDefaults(root = "/proc/sys"): Promise<void> {
  const wrong: string[] = [];
  for (const [name, wanted] of Object.entries(WANTED)) {
    const found = (await Deno.readTextFile(`${root}/${name.replaceAll(".", "/")}`).catch(() => "")).trim();
    if (found !== wanted) wrong.push(`${name} is ${found || "not there"}, not ${wanted}`);
  }
  if (wrong.length === 0) return;
  throw new UserError(
    `--protect-kernel-defaults: ${wrong.join("; ")}. Set them with sysctl, and in /etc/sysctl.d for the next start`,
  );
}
