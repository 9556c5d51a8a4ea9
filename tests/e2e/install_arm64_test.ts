import { describe, expect, it } from "vitest";
import { builtFile } from "../fixtures/built_file.ts";
import { debianTree } from "../fixtures/debian_tree.ts";
import { freePort } from "../fixtures/free_port.ts";
import { run } from "./cluster.ts";
import { retry } from "./retry.ts";

/** How the kernel knows a program for arm64, as its documentation (admin-guide/binfmt-misc) has it: bytes of an ELF header and their mask. */
const MAGIC = String.raw`\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00`;
const MASK = String.raw`\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff`;
/** V8 under emulation takes ten times as long, and more on a busy machine. */
const SLOW = 400_000;

/** Programs for arm64 run in a user namespace that knows QEMU; other namespaces, the host's among them, do not learn of it. */
const EMULATE = `
  mount -t binfmt_misc binfmt_misc /proc/sys/fs/binfmt_misc
  printf '%s' "$1" >/proc/sys/fs/binfmt_misc/register
  shift
  exec "$@"`;

/** Starts the file as it would be started on a Raspberry Pi. */
async function start(file: string, args: readonly string[], env: Record<string, string>): Promise<Deno.ChildProcess> {
  const options = { env, stdin: "null", stdout: "null", stderr: "piped" } as const;
  if (Deno.build.arch === "aarch64") return new Deno.Command(file, { ...options, args: [...args] }).spawn();
  const [qemu, libraries] = await Promise.all([
    debianTree("amd64", ["qemu-user-static"]),
    debianTree("arm64", ["libc6", "libgcc-s1"]),
  ]);
  const format = `:skiff-arm64:M::${MAGIC}:${MASK}:${qemu}/usr/bin/qemu-aarch64-static:F`;
  return new Deno.Command("unshare", {
    ...options,
    args: [
      "--user",
      "--map-root-user",
      "--mount",
      "--kill-child",
      "--fork",
      "sh",
      "-euc",
      EMULATE,
      "sh",
      format,
      file,
      ...args,
    ],
    env: { ...env, QEMU_LD_PREFIX: libraries },
  }).spawn();
}

describe("the file for arm64", () => {
  it("unpacks itself, serves the API, keeps objects over a restart", async () => {
    const file = await builtFile({ architecture: "arm64" });
    const directory = await Deno.makeTempDir({ prefix: "skiff-arm64-" });
    const port = freePort();
    const kubectl = async (...args: string[]) => {
      const { code, stdout, stderr } = await run("kubectl", [`--kubeconfig=${directory}/kubeconfig`, ...args]);
      if (code !== 0) throw new Error(stderr);
      return stdout;
    };
    const serve = () =>
      start(file, [
        "server",
        "--disable-agent",
        "--bind-address=127.0.0.1",
        `--https-listen-port=${port}`,
        `--data-dir=${directory}/data`,
        `--write-kubeconfig=${directory}/kubeconfig`,
      ], { SKIFF_BUNDLE_DIR: `${directory}/bundle` });
    let server = await serve();
    try {
      await retry("the API", () => kubectl("get", "--raw=/readyz"), SLOW);
      expect(await kubectl("version", "-o", "json")).toContain('"platform": "linux/arm64"');
      await kubectl("create", "configmap", "kept", "--from-literal=key=value");
      server.kill("SIGKILL");
      await server.status;
      await server.stderr.cancel();

      server = await serve();
      await retry("the API again", () => kubectl("get", "--raw=/readyz"), SLOW);
      expect(await kubectl("get", "configmap", "kept", "-o", "jsonpath={.data.key}")).toBe("value");
      await kubectl("create", "deployment", "web", "--image=example/web:1");
      await retry(
        "its Pod",
        async () => expect(await kubectl("get", "pods", "-l", "app=web", "-o", "name")).toMatch(/^pod\/web-/),
        SLOW,
      );
    } finally {
      server.kill("SIGKILL");
      const said = await new Response(server.stderr).text();
      await server.status;
      await Deno.remove(directory, { recursive: true });
      expect(said).not.toContain("rror:");
    }
  }, 2 * SLOW);
});
