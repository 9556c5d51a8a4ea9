import { busyboxImage } from "../../../tests/fixtures/busybox_image.ts";
import { ctr } from "../../images/ctr.ts";
import { ensurePauseImage } from "../../images/import_archive.ts";
import { PAUSE_IMAGE } from "../../images/pause_image.ts";
import { cleanUpRuntime } from "../containerd/clean_up.ts";
import { type ContainerdOptions, startContainerd, type Supervised } from "../containerd/supervise.ts";

export const BUSYBOX = "docker.io/library/busybox:test";

/** A containerd of a test's own, with busybox in it and a network whose ends vanish with the Pods. */
export interface TestNode {
  readonly dataDir: string;
  readonly logDirectory: string;
  readonly supervised: Supervised;
  end(): Promise<void>;
}

export async function testNode(options: Partial<ContainerdOptions> = {}): Promise<TestNode> {
  const dataDir = await Deno.makeTempDir({ prefix: "skiff-containerd-" });
  const confDir = `${dataDir}/agent/etc/cni/net.d`;
  await Deno.mkdir(confDir, { recursive: true });
  const subnet = `10.${200 + Math.floor(Math.random() * 50)}.${Math.floor(Math.random() * 256)}.0/24`;
  await Deno.writeTextFile(
    `${confDir}/10-test.conflist`,
    JSON.stringify({
      cniVersion: "1.0.0",
      name: "test",
      plugins: [{
        type: "ptp",
        ipam: {
          type: "host-local",
          dataDir: `${dataDir}/ipam`,
          ranges: [[{ subnet }]],
          routes: [{ dst: "0.0.0.0/0" }],
        },
      }],
    }),
  );
  const logDirectory = `${dataDir}/logs`;
  await Deno.mkdir(logDirectory);
  async function end(): Promise<void> {
    await cleanUpRuntime({ dataDir });
    await Deno.remove(dataDir, { recursive: true });
  }
  try {
    const supervised = await startContainerd({ dataDir, sandboxImage: PAUSE_IMAGE, ...options });
    await ensurePauseImage(supervised.paths.socket, supervised.runtime.images);
    const archive = new Blob([await busyboxImage("busybox:test") as Uint8Array<ArrayBuffer>]).stream();
    await ctr(supervised.paths.socket).import(archive);
    while (!await supervised.runtime.images.get(BUSYBOX)) await new Promise((resolve) => setTimeout(resolve, 10));
    return {
      dataDir,
      logDirectory,
      supervised,
      async end() {
        await supervised.stop({ keepPods: false });
        await end();
      },
    };
  } catch (error) {
    await end();
    throw error;
  }
}
