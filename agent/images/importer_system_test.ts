import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { busyboxImage } from "../../tests/fixtures/busybox_image.ts";
import { testContainer, testSandbox } from "../runtime/suite_test_cases.ts";
import { BUSYBOX, type TestNode, testNode } from "../runtime/testing/test_node.ts";
import { type ImageImporter, type ImageImporterOptions, startImageImporter } from "./importer.ts";
import { ociArchive, ociImage } from "./testing/oci.ts";
import { PAUSE_IMAGE } from "./pause_image.ts";

describe("startImageImporter over containerd", () => {
  let node: TestNode;
  let importer: ImageImporter | undefined;
  let directory: string;
  const imported: string[] = [];
  const problems: { path: string; message: string }[] = [];
  let wake = () => {};

  beforeAll(async () => {
    node = await testNode();
    directory = `${node.dataDir}/agent/images`;
    await Deno.mkdir(directory, { recursive: true });
  });
  afterEach(async () => {
    await importer?.stop();
    importer = undefined;
    imported.length = 0;
    problems.length = 0;
  });
  afterAll(() => node?.end());

  async function start(more: Partial<ImageImporterOptions> = {}): Promise<void> {
    importer = await startImageImporter({
      directory,
      recordFile: `${node.supervised.paths.root}/imported.json`,
      socket: node.supervised.paths.socket,
      runtime: node.supervised.runtime,
      settle: 100,
      onImported: ({ images }) => {
        imported.push(...images);
        wake();
      },
      onProblem: (problem) => {
        problems.push(problem);
        wake();
      },
      ...more,
    });
  }
  async function until(fits: () => boolean): Promise<void> {
    while (!fits()) await new Promise<void>((resolve) => wake = resolve);
  }
  /** With a time long ago, as a file has that was there before. */
  async function place(name: string, content: Uint8Array): Promise<void> {
    await Deno.writeFile(`${directory}/${name}`, content);
    await Deno.utime(`${directory}/${name}`, 1_700_000_000, 1_700_000_000);
  }
  async function gzip(content: Uint8Array): Promise<Uint8Array> {
    const stream = new Blob([content as Uint8Array<ArrayBuffer>]).stream().pipeThrough(new CompressionStream("gzip"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  }

  it("imports what is there, once, and leaves broken files out", async () => {
    await place("plain.tar", await busyboxImage("one:v1", { files: { "/one": "1" } }));
    await place("packed.tar.gz", await gzip(await busyboxImage("registry.example/team/two:v1")));
    await place("broken.tar", new TextEncoder().encode("this is no archive"));
    await place("cut.tgz", (await gzip(await busyboxImage("cut:v1"))).subarray(0, 10_000));
    await place("notes.txt", new Uint8Array());
    await start();
    expect(imported.sort()).toEqual(["docker.io/library/one:v1", "registry.example/team/two:v1"]);
    expect(problems.map(({ path }) => path).sort()).toEqual([`${directory}/broken.tar`, `${directory}/cut.tgz`]);
    expect(problems.every(({ message }) => message.length > 10)).toBe(true);
    expect(importer!.pinned()).toEqual(new Set(imported));
    expect(await node.supervised.runtime.images.get("one:v1")).toBeDefined();

    await importer!.stop();
    imported.length = 0;
    await Deno.remove(`${directory}/broken.tar`);
    await Deno.remove(`${directory}/cut.tgz`);
    await start();
    expect(imported).toEqual([]);
    expect(importer!.pinned().size).toBe(2);
  });

  it("waits at its start for a file that was copied just before", async () => {
    await Deno.writeFile(`${directory}/fresh.tar`, await busyboxImage("fresh:v1"));
    await start({ settle: 300 });
    expect([imported, problems]).toEqual([["docker.io/library/fresh:v1"], []]);
    await importer!.stop();
    await Deno.remove(`${directory}/fresh.tar`);
  });

  it("imports again what was removed from the runtime", async () => {
    await node.supervised.runtime.images.remove("docker.io/library/one:v1");
    await start();
    expect(imported).toEqual(["docker.io/library/one:v1"]);
  });

  it("imports what appears, once it is whole", async () => {
    await start();
    const archive = await busyboxImage("late:v1");
    const file = await Deno.create(`${directory}/late.tar`);
    for (let at = 0; at < archive.length; at += 500_000) {
      const piece = archive.subarray(at, at + 500_000);
      for (let written = 0; written < piece.length;) written += await file.write(piece.subarray(written));
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
    file.close();
    await until(() => imported.length > 0);
    expect([imported, problems]).toEqual([["docker.io/library/late:v1"], []]);
    await Deno.remove(`${directory}/late.tar`);
    while (importer!.pinned().has("docker.io/library/late:v1")) await new Promise((resolve) => setTimeout(resolve, 5));
  });

  it("takes a file that replaces another, and one that was repaired", async () => {
    await Deno.writeTextFile(`${directory}/repaired.tar`, "not yet");
    await start();
    await until(() => problems.length > 0);
    await Deno.writeFile(`${node.dataDir}/good.tar`, await busyboxImage("repaired:v2"));
    await Deno.rename(`${node.dataDir}/good.tar`, `${directory}/repaired.tar`);
    await until(() => imported.length > 0);
    expect(imported).toEqual(["docker.io/library/repaired:v2"]);
  });

  it("takes OCI layouts, by either name that they may have", async () => {
    const archive = async (content: string, annotation: string, name: string) =>
      await ociArchive(await ociImage(content), { [annotation]: name });
    await place("a-full.tar", await archive("a", "io.containerd.image.name", "registry.example/team/full:v1"));
    await place("b-short.tar", await archive("b", "org.opencontainers.image.ref.name", "short:v1"));
    await place("c-tag.tar", await archive("c", "org.opencontainers.image.ref.name", "latest"));
    await start();
    expect(imported).toEqual(["registry.example/team/full:v1", "docker.io/library/short:v1"]);
    expect(problems).toEqual([{
      path: `${directory}/c-tag.tar`,
      message: expect.stringContaining("has no name"),
    }]);
  });

  it("has a pause image that reaps the orphans of a Pod with one PID namespace", async () => {
    const { runtime } = node.supervised;
    expect(await runtime.images.get(PAUSE_IMAGE)).toMatchObject({ uid: 65535 });
    const namespaces = { network: "node", pid: "pod", ipc: "pod" } as const;
    const sandbox = testSandbox("orphans", node.logDirectory, { namespaces });
    const sandboxId = await runtime.runSandbox(sandbox);
    const config = testContainer("parent", BUSYBOX, ["sleep", "3600"]);
    const shared = { ...config, security: { ...config.security, namespaces } };
    const id = await runtime.createContainer(sandboxId, shared, sandbox);
    await runtime.startContainer(id);
    const script = "(sh -c 'echo $$ >/tmp/orphan' &); while ! [ -s /tmp/orphan ]; do :; done; cat /tmp/orphan";
    const { stdout } = await runtime.execSync(id, ["sh", "-c", script], 10);
    const orphan = new TextDecoder().decode(stdout).trim();
    expect(orphan).toMatch(/^\d+$/);
    const gone = await runtime.execSync(id, ["sh", "-c", `while [ -e /proc/${orphan} ]; do sleep 0.01; done`], 10);
    expect(gone.exitCode).toBe(0);
    expect(new TextDecoder().decode((await runtime.execSync(id, ["cat", "/proc/1/comm"], 10)).stdout)).toBe("pause\n");
    await runtime.stopSandbox(sandboxId);
    await runtime.removeSandbox(sandboxId);
  });
});
