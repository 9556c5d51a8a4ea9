import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { installHttp2Guard } from "../../client/http2_guard.ts";
import type { Datastore } from "../../datastore/contract.ts";
import { openMemory } from "../../datastore/memory/memory_datastore.ts";
import { openSqlite } from "../../datastore/sqlite/open.ts";
import { until } from "../../datastore/suite/testing/wait.ts";
import { serveEtcd } from "../../datastore/etcd_face/serve.ts";
import { readSnapshot } from "../../server/snapshots/snapshot_file.ts";
import { type Etcdctl, etcdctl } from "./etcdctl.ts";

installHttp2Guard();

const ENGINES: Readonly<Record<string, (directory: string) => Promise<Datastore>>> = {
  memory: async () => openMemory(),
  sqlite: (directory) => openSqlite({ path: join(directory, "state.db") }),
};

for (const [engine, open] of Object.entries(ENGINES)) {
  const test = (name: string, body: (ctl: Etcdctl, store: Datastore) => Promise<void>) =>
    it(name, { timeout: 60_000 }, async () => {
      const directory = await Deno.makeTempDir();
      const store = await open(directory);
      const face = await serveEtcd({ datastore: store, address: "127.0.0.1", port: 0, exclusive: true });
      try {
        await body(etcdctl(`127.0.0.1:${face.port}`), store);
      } finally {
        await face.close();
        await store.close();
        await Deno.remove(directory, { recursive: true });
      }
    });

  describe(`etcdctl on ${engine}`, () => {
    test("puts, gets and deletes", async (ctl, store) => {
      for (const [key, value] of [["/a/1", "one"], ["/a/2", "two"], ["/b", "b"]]) await ctl("put", key!, value!);
      expect(await ctl("put", "/a/1", "uno", "--prev-kv")).toBe("OK\n/a/1\none");
      expect(await ctl("get", "/a/", "--prefix")).toBe("/a/1\nuno\n/a/2\ntwo");
      expect(await ctl("get", "/a/", "--prefix", "--keys-only", "--limit=1")).toBe("/a/1\n");
      expect(await ctl("get", "", "--prefix", "--order=DESCEND", "--sort-by=MODIFY", "--print-value-only")).toBe(
        "uno\nb\ntwo",
      );
      expect(await ctl("get", "/a/2", "--from-key", "--print-value-only")).toBe("two\nb");
      expect(await ctl("get", "/a/1", "--rev=2")).toBe("/a/1\none");
      expect(JSON.parse(await ctl("get", "/a/1", "--write-out=json"))).toMatchObject({
        header: { revision: 5 },
        kvs: [{ create_revision: 2, mod_revision: 5, version: 2 }],
        count: 1,
      });
      expect(await ctl("put", "/a/1", "--ignore-value", "--prev-kv")).toBe("OK\n/a/1\nuno");
      expect(await ctl("del", "/a/", "--prefix", "--prev-kv")).toBe("2\n/a/1\nuno\n/a/2\ntwo");
      expect(await ctl("del", "/a/1")).toBe("0");
      expect((await store.get("/b")).item).toMatchObject({ value: "b" });
      await expect(ctl("put", "", "x")).rejects.toThrow("etcdserver: key is not provided");
      await expect(ctl("put", "/none", "--ignore-value")).rejects.toThrow("etcdserver: key not found");
      await expect(ctl("get", "/b", "--rev=99")).rejects.toThrow(
        "etcdserver: mvcc: required revision is a future revision",
      );
    });

    test("keeps bytes that are no text", async (ctl) => {
      const value = "k8s\0\xff\x01";
      const hex = (text: string) =>
        [...text].map((c) => "\\x" + c.charCodeAt(0).toString(16).padStart(2, "0")).join("");
      const put = `put "key\\x01\\xff" "${hex(value).replaceAll("\\x00", "\\000")}"`;
      expect(await ctl.fed(`\n${put}\n\n\n\n`, "txn")).toContain("OK");
      const { kvs } = JSON.parse(await ctl("get", "key", "--prefix", "--write-out=json"));
      expect([atob(kvs[0].key), atob(kvs[0].value)]).toEqual(["key\x01\xff", value]);
    });

    test("compares and writes in transactions", async (ctl) => {
      await ctl("put", "lock", "free");
      const take =
        'value("lock") = "free"\nversion("other") = "0"\n\nput lock mine\nput other x\nget lock\n\nget lock\n\n';
      expect((await ctl.fed(take, "txn")).split("\n").filter(Boolean)).toEqual(["SUCCESS", "OK", "OK", "lock", "mine"]);
      expect((await ctl.fed(take, "txn")).split("\n").filter(Boolean)).toEqual(["FAILURE", "lock", "mine"]);
      const { kvs } = JSON.parse(await ctl("get", "", "--prefix", "--write-out=json"));
      expect(kvs.map((kv: { mod_revision: number }) => kv.mod_revision)).toEqual([3, 3]);
      await expect(ctl.fed("\nput a 1\nput a 2\n\n\n", "txn")).rejects.toThrow(
        "etcdserver: duplicate key given in txn request",
      );
    });

    test("watches from now, from the past, and until it was compacted away", async (ctl) => {
      const live = ctl.start("watch", "/w/", "--prefix", "--prev-kv");
      // A watch says nothing before its first event.
      await until("the live watch", async () => {
        await ctl("put", "/w/ready", "1");
        return live.output() !== "";
      });
      await ctl("put", "/w/a", "1");
      await ctl("put", "/other", "1");
      await ctl("put", "/w/a", "2");
      await ctl("del", "/w/a");
      const wanted = "PUT\n/w/a\n1\nPUT\n/w/a\n1\n/w/a\n2\nDELETE\n/w/a\n2\n/w/a\n\n";
      await until("the events", () => live.output().endsWith(wanted));
      await live.kill();
      const past = ctl.start("watch", "/w/a", "--rev=2");
      await until("the history", () => past.output() === "PUT\n/w/a\n1\nPUT\n/w/a\n2\nDELETE\n/w/a\n\n");
      await past.kill();
      const revision = JSON.parse(await ctl("get", "/w/", "--write-out=json")).header.revision;
      expect(await ctl("compaction", String(revision))).toBe(`compacted revision ${revision}`);
      await expect(ctl("compaction", String(revision))).rejects.toThrow("required revision has been compacted");
      await expect(ctl("compaction", "999999")).rejects.toThrow("required revision is a future revision");
      await expect(ctl("get", "/w/a", "--rev=2")).rejects.toThrow("required revision has been compacted");
      await expect(ctl("watch", "/w/a", "--rev=2")).rejects.toThrow("required revision has been compacted");
    });

    test("hangs keys on leases", async (ctl) => {
      const granted = await ctl("lease", "grant", "1000");
      const lease = /^lease (\w+) granted with TTL\(1000s\)$/.exec(granted)![1]!;
      await ctl("put", "a", "1", `--lease=${lease}`);
      await ctl("put", "b", "1", `--lease=${lease}`);
      await ctl("put", "b", "2");
      expect(await ctl("lease", "timetolive", lease, "--keys")).toContain("attached keys([a])");
      expect(await ctl("lease", "keep-alive", "--once", lease)).toContain("keepalived with TTL(1000)");
      expect(await ctl("lease", "list")).toBe(`found 1 leases\n${lease}`);
      expect(await ctl("lease", "revoke", lease)).toBe(`lease ${lease} revoked`);
      expect(await ctl("get", "", "--prefix", "--keys-only")).toBe("b\n");
      await expect(ctl("put", "c", "1", `--lease=${lease}`)).rejects.toThrow("etcdserver: requested lease not found");
      const short = /^lease (\w+)/.exec(await ctl("lease", "grant", "1"))![1]!;
      await ctl("put", "short", "1", `--lease=${short}`);
      await until("the key is gone", async () => await ctl("get", "short") === "");
    });

    test("elects with its own locks", async (ctl) => {
      expect(await ctl("lock", "job", "echo", "locked")).toBe("locked");
    });

    test("asks for the server's state", async (ctl) => {
      const [{ Status: status }] = JSON.parse(await ctl("endpoint", "status", "--write-out=json"));
      expect(status).toMatchObject({ leader: 1, header: { member_id: 1 }, raftTerm: 1 });
      expect(await ctl("member", "list")).toMatch(
        new RegExp(`^1, started, skiff-${engine}, , http://127.0.0.1:\\d+, false$`),
      );
      expect(await ctl("alarm", "list")).toBe("");
      await expect(ctl("user", "list")).rejects.toThrow("code = Unimplemented");
      await expect(ctl("defrag")).rejects.toThrow("gives space back by itself");
    });

    test("saves a snapshot, which Skiff restores", async (ctl, store) => {
      for (let i = 0; i < 300; i++) {
        await store.commit([{ kind: "put", key: `/k${i % 70}`, value: "v".repeat(i * 20) }]);
      }
      const directory = await Deno.makeTempDir();
      const file = join(directory, "saved");
      await ctl("snapshot", "save", file);
      expect((await Deno.stat(file)).size % 512).toBe(32);
      const restored = openMemory();
      expect(await restored.restore(await readSnapshot(file))).toEqual({ revision: 301, keys: 70 });
      const text = (store: Datastore) => new Response(store.snapshot()).text();
      expect(await text(restored)).toBe(await text(store));
      const cut = (await Deno.readFile(file)).slice(0, 1000);
      await Deno.writeFile(file, cut);
      await expect(openMemory().restore(await readSnapshot(file))).rejects.toThrow();
      await restored.close();
      await Deno.remove(directory, { recursive: true });
    });
  });
}
