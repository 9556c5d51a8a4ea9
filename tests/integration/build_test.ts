import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ARCHITECTURES, PARTS } from "../../scripts/build_file/parts.ts";
import type { Manifest } from "../../cli/bundle/manifest.ts";
import { builtFile, cacheDirectory, hostArchitecture, runBuild } from "../fixtures/built_file.ts";
import { type Output, run } from "../e2e/cluster.ts";

const top = new URL("../../", import.meta.url).pathname;
const ELF_MACHINES = { amd64: 62, arm64: 183 };

let directory: string;
beforeAll(async () => void (directory = await Deno.makeTempDir({ prefix: "skiff-build-test-" })));
afterAll(async () => await Deno.remove(directory, { recursive: true }));

/** A name below the test's directory that nothing has yet. */
const fresh = (name: string) => `${directory}/${name}-${crypto.randomUUID().slice(0, 8)}`;

/** Runs a file that unpacks itself below `base`. */
const start = (file: string, base: string, ...args: string[]): Promise<Output> =>
  run(file, args.length > 0 ? args : ["version"], { env: { SKIFF_BUNDLE_DIR: base } });

/** Runs a shell command with mounts of its own. */
const withMounts = (script: string, ...args: string[]): Promise<Output> =>
  run("unshare", ["--mount", "sh", "-euc", script, "sh", ...args]);

async function names(path: string): Promise<string[]> {
  const all = await Array.fromAsync(Deno.readDir(path)).catch(() => []);
  return all.map(({ name }) => name).sort();
}

/** What is behind the header, unpacked as a person would who does not trust it: two archives, one behind the other. */
async function unpack(file: string): Promise<string> {
  const target = fresh("unpacked");
  await Deno.mkdir(target);
  const script =
    'from=$(sed -n "s/.* from=\\([0-9]*\\) .*/\\1/p" "$1" | head -1); tail -c +"$from" "$1" | tar -xziC "$2"';
  const { code, stderr } = await run("sh", ["-euc", script, "sh", file, target]);
  if (code !== 0) throw new Error(stderr);
  return target;
}

describe("scripts/build", () => {
  it("makes the same bytes again, with nothing kept from the first time", async () => {
    const first = await builtFile({ variant: "lean" });
    // Packages are what the lock says whoever downloads them; everything made of them is made anew.
    const cache = fresh("cache");
    await Deno.mkdir(`${cache}/parts`, { recursive: true });
    for (const name of await names(`${cacheDirectory()}/parts`)) {
      if (/^[0-9a-f]{64}$/.test(name)) {
        await Deno.symlink(`${cacheDirectory()}/parts/${name}`, `${cache}/parts/${name}`);
      }
    }
    const out = fresh("again");
    await runBuild(top, ["--arch", hostArchitecture, "--lean", "--out", out], { SKIFF_CACHE: cache });
    const { code, stderr } = await run("cmp", [first, `${out}/${first.split("/").at(-1)}`]);
    expect(stderr).toBe("");
    expect(code).toBe(0);
  }, 300_000);

  for (const architecture of ARCHITECTURES) {
    it(`puts every part into the file for ${architecture}, with licences, and keeps it small`, async () => {
      const file = await builtFile({ architecture });
      expect((await Deno.stat(file)).size).toBeLessThan(110e6);
      const target = await unpack(file);
      const manifest = JSON.parse(await Deno.readTextFile(`${target}/manifest.json`)) as Manifest;
      expect(manifest).toMatchObject({ architecture, variant: "full" });
      expect(manifest.parts.map(({ name }) => name)).toEqual(
        ["skiff", "deno", "containerd", "runc", "cni-plugins", "etcd"],
      );
      for (const part of manifest.parts) expect(part.version).toMatch(/^v?\d+\.\d+/);
      const binaries = PARTS.flatMap(({ files }) => Object.values(files)).filter((path) =>
        !path.startsWith("licences/")
      );
      for (const path of binaries) {
        const bytes = await Deno.readFile(`${target}/${path}`);
        expect([path, bytes[18]! + 256 * bytes[19]!]).toEqual([path, ELF_MACHINES[architecture]]);
      }
      expect(await names(`${target}/licences`)).toEqual([
        "cni-plugins",
        "containerd",
        "deno",
        "etcd",
        "npm",
        "runc",
        "skiff",
      ]);
      expect(await Deno.readTextFile(`${target}/licences/npm`)).toMatch(/== hono [0-9.]+ \(MIT\)\n\nMIT License/);
      const sums = manifest.parts.flatMap(({ files }) => Object.entries(files));
      const list = sums.map(([path, sum]) => `${sum}  ${path}\n`).join("");
      const { code, stdout } = await run("sh", ["-c", 'cd "$1" && sha256sum -c --quiet', "sh", target], {
        stdin: list,
      });
      expect(stdout).toBe("");
      expect(code).toBe(0);
      await Deno.remove(target, { recursive: true });
    }, 300_000);
  }

  it("leaves containerd and etcd out of the lean file", async () => {
    const file = await builtFile({ variant: "lean" });
    expect((await Deno.stat(file)).size).toBeLessThan(45e6);
    const base = fresh("lean");
    const { stdout } = await start(file, base, "version", "--output", "json");
    expect((JSON.parse(stdout) as Manifest).parts.map(({ name }) => name)).toEqual(["skiff", "deno"]);
  }, 300_000);
});

describe("the file", () => {
  let file: string;
  beforeAll(async () => void (file = await builtFile()));

  it("names its parts and their versions", async () => {
    const { stdout } = await start(file, `${directory}/shared`, "version", "-o", "json");
    const { version, commit, parts } = JSON.parse(stdout) as Manifest;
    expect(version).toMatch(/^v1\.36\.0\+skiff/);
    expect(commit).toMatch(/^[0-9a-f]{40}(-dirty)?$/);
    const containerd = parts.find(({ name }) => name === "containerd")!;
    expect(containerd).toMatchObject({ package: "debian:containerd" });
    expect(Object.keys(containerd.files)).toContain("bin/containerd-shim-runc-v2");
  }, 60_000);

  it("is unpacked once when it is started several times at once", async () => {
    const base = fresh("race");
    const outputs = await Promise.all(Array.from({ length: 6 }, () => start(file, base)));
    expect(outputs.map(({ code, stderr }) => [code, stderr])).toEqual(Array.from({ length: 6 }, () => [0, ""]));
    expect((await names(base)).filter((name) => name !== ".lock")).toHaveLength(1);
    await Deno.remove(base, { recursive: true });
  }, 120_000);

  it("refuses to run when a byte of it has changed, and leaves nothing", async () => {
    const damaged = fresh("damaged"), base = fresh("refused");
    await Deno.copyFile(file, damaged);
    await flipMiddleByte(damaged);
    const { code, stderr } = await start(damaged, base);
    expect(stderr).toMatch(/^error: .*damaged.* is damaged: its checksum is not the one it was built with/);
    expect(code).toBe(1);
    expect(await names(base)).toEqual([".lock"]);
  }, 60_000);

  // The first has no room, which is seen beforehand; the second runs out of file entries in the midst of it.
  for (const [what, options] of [["room", "size=100M"], ["file entries", "size=2G,nr_inodes=20"]] as const) {
    it(`says so when the disk has no ${what} left, and leaves nothing`, async () => {
      const base = fresh("full");
      await Deno.mkdir(base);
      const script = `
        mount -t tmpfs -o ${options} tmpfs "$1"
        SKIFF_BUNDLE_DIR=$1 "$2" version || echo "exit $?"
        ls -A "$1"`;
      const { stdout, stderr } = await withMounts(script, base, file);
      expect(stderr).toMatch(
        /^error: cannot unpack into .*: it needs \d+ MB and \d+ MB are free\..* Free some, or set/,
      );
      expect(stdout).toBe("exit 1\n.lock\n");
    }, 60_000);
  }

  it("prunes what older versions left, but not the last one, nor one in use", async () => {
    const base = fresh("prune");
    for (const [name, age] of [["previous", 10], ["in-use", 20], ["older", 30], ["oldest", 40]] as const) {
      await Deno.mkdir(`${base}/${name}/bin`, { recursive: true });
      await Deno.copyFile("/bin/sleep", `${base}/${name}/bin/sleep`);
      await Deno.utime(`${base}/${name}`, Date.now() / 1000 - age, Date.now() / 1000 - age);
    }
    await Deno.mkdir(`${base}/.unpacking-left`);
    await using _ = sleeper(`${base}/in-use/bin/sleep`);
    expect((await start(file, base)).code).toBe(0);
    const left = (await names(base)).filter((name) => !/^[0-9a-f]{16}$/.test(name));
    expect(left).toEqual([".lock", "in-use", "previous"]);
    await Deno.remove(base, { recursive: true });
  }, 60_000);

  it("starts a server whose threads and manifests it brings", async () => {
    const data = fresh("data");
    const script = `
      "$1" server --disable-agent --data-dir "$2" --https-listen-port 0 --bind-address 127.0.0.1 --write-kubeconfig "$2/kubeconfig" \
        --ready-file "$2/ready" 2>"$2.log" & pid=$!
      until [ -f "$2/ready" ]; do kill -0 $pid && sleep 0.1; done
      kubectl --kubeconfig "$2/kubeconfig" create configmap kept
      until kubectl --kubeconfig "$2/kubeconfig" -n kube-system get service kube-dns -o name; do sleep 0.2; done
      kill $pid; wait $pid`;
    const { code, stdout, stderr } = await run("sh", ["-euc", script, "sh", file, data], {
      env: { SKIFF_BUNDLE_DIR: `${directory}/shared` },
    });
    expect(stdout).toBe("configmap/kept created\nservice/kube-dns\n");
    expect([code, stderr]).toEqual([0, ""]);
  }, 60_000);
});

async function flipMiddleByte(path: string): Promise<void> {
  using file = await Deno.open(path, { read: true, write: true });
  const middle = (await file.stat()).size >> 1;
  const byte = new Uint8Array(1);
  await file.seek(middle, Deno.SeekMode.Start);
  await file.read(byte);
  await file.seek(middle, Deno.SeekMode.Start);
  await file.write(byte.map((value) => value ^ 1));
}

/** A process that runs from a file of ours until the test has ended. */
function sleeper(path: string): AsyncDisposable {
  const child = new Deno.Command(path, { args: ["600"], stdin: "null", stdout: "null", stderr: "null" }).spawn();
  return {
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await child.status;
    },
  };
}
