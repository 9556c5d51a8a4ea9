import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ConfigMap, Pod, Volume } from "../../api/types/core_v1.ts";
import type { VolumeSources } from "./contract.ts";
import { createVolumes } from "./manager.ts";
import { mountOf, parseMountInfo } from "./mount.ts";

let root: string;
beforeEach(async () => void (root = await Deno.makeTempDir()));
afterEach(() => Deno.remove(root, { recursive: true }));

const { signal } = new AbortController();

function podWith(...volumes: Volume[]): Pod {
  return {
    metadata: { name: "a", namespace: "default", uid: "u1" },
    spec: { containers: [{ name: "web" }], volumes },
  };
}

function sources(configMaps: Record<string, ConfigMap> = {}): VolumeSources {
  const none = () => Promise.resolve(undefined);
  return {
    configMap: (_, name) => Promise.resolve(configMaps[name]),
    secret: none,
    claim: none,
    persistentVolume: none,
    token: () => Promise.reject(new Error("no tokens here")),
    field: (pod) => pod.metadata.name!,
    resource: () => "1",
  };
}

const settings: ConfigMap = {
  metadata: { name: "settings" },
  data: { a: "1", b: "2" },
  binaryData: { c: btoa("\x00\xff") },
};

describe("createVolumes", () => {
  it("shows a ConfigMap, whole or by its items", async () => {
    const volumes = createVolumes({ podsRoot: root, sources: sources({ settings }) });
    const pod = podWith(
      { name: "all", configMap: { name: "settings" } },
      { name: "some", configMap: { name: "settings", items: [{ key: "b", path: "deep/x", mode: 0o600 }] } },
    );
    await volumes.setUp(pod, signal);
    const all = volumes.path(pod, "all")!;
    expect(all.path).toBe(`${root}/u1/volumes/kubernetes.io~configmap/all`);
    expect(await Deno.readFile(`${all.path}/c`)).toEqual(new Uint8Array([0, 255]));
    expect(await Deno.readTextFile(`${volumes.path(pod, "some")!.path}/deep/x`)).toBe("2");
    await volumes.tearDown("u1");
    await expect(Deno.stat(`${root}/u1/volumes`)).rejects.toThrow(Deno.errors.NotFound);
  });

  it("says what is missing, and makes the others all the same", async () => {
    const volumes = createVolumes({ podsRoot: root, sources: sources({ settings }) });
    const pod = podWith(
      { name: "none", configMap: { name: "nowhere" } },
      { name: "ok", configMap: { name: "settings" } },
      { name: "maybe", configMap: { name: "nowhere", optional: true } },
    );
    await expect(volumes.setUp(pod, signal)).rejects.toThrow('configmap "nowhere" not found in namespace "default"');
    expect(volumes.path(pod, "ok")).toBeDefined();
    expect(volumes.path(pod, "maybe")).toBeDefined();
    expect(volumes.path(pod, "none")).toBeUndefined();
  });

  it.each([
    [{ name: "v", configMap: { name: "settings", items: [{ key: "z", path: "z" }] } }, 'has no key "z"'],
    [{ name: "v", configMap: { name: "settings", items: [{ key: "a", path: "../a" }] } }, "leads out of the volume"],
    [{ name: "v", nfs: { server: "x", path: "/" } }, "of type nfs, which this node does not support"],
    [{ name: "v", hostPath: { path: "/nowhere", type: "Directory" } }, "/nowhere is not a directory"],
    [{ name: "v", hostPath: { path: "/dev/null", type: "Socket" } }, "is not a socket"],
    [{ name: "v", persistentVolumeClaim: { claimName: "data" } }, 'persistentvolumeclaim "data" not found'],
  ] as [Volume, string][])("refuses", async ([volume, message]) => {
    const volumes = createVolumes({ podsRoot: root, sources: sources({ settings }) });
    await expect(volumes.setUp(podWith(volume), signal)).rejects.toThrow(message);
  });

  it("makes host paths that may be made", async () => {
    const volumes = createVolumes({ podsRoot: root, sources: sources() });
    const pod = podWith(
      { name: "dir", hostPath: { path: `${root}/x/y`, type: "DirectoryOrCreate" } },
      { name: "any", hostPath: { path: "/nowhere" } },
    );
    await volumes.setUp(pod, signal);
    expect((await Deno.stat(`${root}/x/y`)).isDirectory).toBe(true);
    await volumes.tearDown("u1");
    expect((await Deno.stat(`${root}/x/y`)).isDirectory).toBe(true);
  });
});

describe("parseMountInfo", () => {
  const all = parseMountInfo(
    "22 1 8:1 / / rw shared:1 - ext4 /dev/sda1 rw\n" +
      "30 22 0:25 / /a\\040b rw - tmpfs tmpfs rw\n" +
      "31 22 8:1 /srv/data /mnt rw - ext4 /dev/sda1 rw\n",
  );
  it("reads paths with blanks", () =>
    expect(all[1]).toEqual({ device: "0:25", root: "/", path: "/a b", type: "tmpfs" }));
  it("finds the mount a path is on", () => {
    expect(mountOf("/mnt/x", all)?.root).toBe("/srv/data");
    expect(mountOf("/mntx", all)?.path).toBe("/");
  });
});
