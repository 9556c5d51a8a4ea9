import { describe, expect, it } from "vitest";
import { ManualClock } from "../../api/clock.ts";
import { openMemory } from "../../datastore/memory/memory_datastore.ts";
import { certificatesIn } from "../pki/issue.ts";
import { openPki, type Pki } from "../pki/pki.ts";
import { rotateAuthority } from "../pki/rotate.ts";
import { openShared } from "./share.ts";
import { syncAuthorities } from "./shared_authorities.ts";
import { announceChanges } from "./shared_files.ts";

const DAY = 86_400_000;

/** Two servers on one store, started one after the other. */
async function withServers(
  body: (world: {
    readonly clock: ManualClock;
    readonly directories: readonly [string, string];
    readonly start: (directory: string) => Promise<Pki>;
  }) => Promise<void>,
): Promise<void> {
  const clock = new ManualClock();
  const directories = [await Deno.makeTempDir(), await Deno.makeTempDir()] as const;
  const datastore = openMemory();
  const start = async (serverDir: string) => {
    const authorities = (now: number) => syncAuthorities({ datastore, serverDir, secret: "secret", now });
    const { opened } = await openShared({
      datastore,
      serverDir,
      secret: "secret",
      settings: {},
      open: () => openPki(`${serverDir}/tls`, { clock, authorities }),
      newSecret: () => "secret",
    });
    return opened;
  };
  try {
    await body({ clock, directories, start });
  } finally {
    await datastore.close();
    for (const directory of directories) await Deno.remove(directory, { recursive: true });
  }
}

describe("authorities that servers share", () => {
  it("are extended by whoever looks first, and taken by the others while they run", () =>
    withServers(async ({ clock, directories: [a, b], start }) => {
      const [first, second] = [await start(a), await start(b)];
      const before = first.clusterCa;
      expect(second.clusterCa).toBe(before);
      await clock.advance(1830 * DAY);
      expect(await Promise.all([first.renew(), second.renew()])).toEqual([true, true]);
      expect(certificatesIn(first.clusterCa).length).toBe(2);
      expect(first.clusterCa.endsWith(before)).toBe(true);
      for (const name of ["clusterCa", "etcdCa", "frontProxyCa"] as const) expect(second[name]).toEqual(first[name]);
      expect(await Promise.all([first.renew(), second.renew()])).toEqual([false, false]);
      // Nothing of it looks like another cluster's at the next start.
      for (const directory of [a, b]) expect((await start(directory)).clusterCa).toBe(first.clusterCa);
    }));

  it("are extended by a server that starts when it is time, for all", () =>
    withServers(async ({ clock, directories: [a, b], start }) => {
      const second = (await start(a), await start(b));
      await clock.advance(1830 * DAY);
      const first = await start(a);
      expect(certificatesIn(first.clusterCa).length).toBe(2);
      await second.renew();
      expect(second.clusterCa).toBe(first.clusterCa);
    }));

  it("wait for the next start of a server where another was put in their place", () =>
    withServers(async ({ clock, directories: [a, b], start }) => {
      const [first, second] = [await start(a), await start(b)];
      const before = second.clusterCa;
      await announceChanges(a, ["tls/server-ca.key", "tls/server-ca.crt"]);
      await rotateAuthority(`${a}/tls`, { now: clock.now() });
      await second.renew();
      expect(second.clusterCa).toBe(before);
      const rotated = await start(a);
      expect(rotated.clusterCa).not.toBe(before);
      expect(await second.renew()).toBe(true);
      expect(second.clusterCa).toBe(rotated.clusterCa);
      expect(first.directory).toBe(`${a}/tls`);
    }));
});
