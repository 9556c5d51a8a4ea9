import { Buffer } from "node:buffer";
import { describe, expect, it } from "vitest";
import { installHttp2Guard } from "../../client/http2_guard.ts";
import type { Datastore } from "../../datastore/contract.ts";
import { serveEtcd, type ServeEtcdOptions } from "../../datastore/etcd_face/serve.ts";
import { openMemory } from "../../datastore/memory/memory_datastore.ts";
import { writeCertificates } from "../../datastore/suite/testing/certificates.ts";
import { ManualClock } from "../../datastore/suite/testing/manual_clock.ts";
import { until } from "../../datastore/suite/testing/wait.ts";
import { type EtcdClient, etcdClient, type WatchCall } from "./etcd_client.ts";

installHttp2Guard();

const bytes = (text: string) => Buffer.from(text);
const PREFIX = { key: bytes("/"), rangeEnd: bytes("0") };

async function withFace(
  body: (client: EtcdClient, store: Datastore) => Promise<void>,
  options: Partial<ServeEtcdOptions> = {},
): Promise<void> {
  const store = options.datastore ?? openMemory();
  const face = await serveEtcd({ address: "127.0.0.1", port: 0, exclusive: true, ...options, datastore: store });
  const client = await etcdClient(`127.0.0.1:${face.port}`);
  try {
    await body(client, store);
  } finally {
    client.close();
    await face.close();
    if (!options.datastore) await store.close();
  }
}

function put(client: EtcdClient, key: string, value: string | Buffer, lease = "0"): Promise<unknown> {
  const request = { key: bytes(key), value: Buffer.from(value), lease };
  return client.call("etcdserverpb.KV", "Put", ["PutRequest", "PutResponse"], request);
}

/** `created 0`, `canceled 0 why`, `progress -1 @5`, `events 0 /a=1@2`. */
function shown({ responses }: WatchCall): string[] {
  return responses.map(({ header, watchId, created, canceled, cancelReason, compactRevision, events = [] }) => {
    if (canceled) return `canceled ${watchId} ${compactRevision} ${cancelReason}`.trim();
    if (created) return `created ${watchId}`;
    if (events.length === 0) return `progress ${watchId} @${header.revision}`;
    return `events ${watchId} ${events.map(({ type, kv }) => `${type ? "-" : ""}${kv.key}@${kv.modRevision}`).join()}`;
  });
}

describe("watch streams of the etcd face", () => {
  it("carries several watches, says how far they are, and cancels them", () =>
    withFace(async (client) => {
      const watch = client.watch();
      watch.send({ create: PREFIX });
      watch.send({ create: { key: bytes("/b"), filters: [0] } });
      watch.send({ create: { key: bytes("") } });
      await until("three answers", () => watch.responses.length === 3);
      await put(client, "/a", "1");
      await put(client, "elsewhere", "1");
      await until("the event", () => watch.responses.length === 4);
      // As in etcd, nothing is told while a watch still reads history.
      await until("progress", async () => {
        watch.send({ progress: {} });
        await new Promise((resolve) => setTimeout(resolve, 5));
        return watch.responses.length > 4;
      });
      watch.send({ cancel: { watchId: 1 } });
      await until("the cancellation", () => shown(watch).at(-1) === "canceled 1 0");
      expect([...new Set(shown(watch))]).toEqual([
        "created 0",
        "created 1",
        "canceled -1 0 etcdserver: key is not provided",
        "events 0 /a@2",
        "progress -1 @3",
        "canceled 1 0",
      ]);
      watch.cancel();
    }));

  it("begins in the past and in the future, and ends where it was compacted", () =>
    withFace(async (client, store) => {
      for (const value of ["1", "2", "3"]) await put(client, "/a", value);
      await store.compact(3);
      const watch = client.watch();
      watch.send({ create: { ...PREFIX, startRevision: 2 } });
      watch.send({ create: { ...PREFIX, startRevision: 4 } });
      watch.send({ create: { ...PREFIX, startRevision: 6 } });
      await until("the past", () => shown(watch).some((line) => line.endsWith("/a@4")));
      await put(client, "/a", "4");
      await put(client, "/a", "5");
      await until("the future", () => watch.responses.length === 8);
      expect(shown(watch).sort()).toEqual([
        "canceled 0 3 etcdserver: mvcc: required revision has been compacted",
        "created 0",
        "created 1",
        "created 2",
        "events 1 /a@4",
        "events 1 /a@5",
        "events 1 /a@6",
        "events 2 /a@6",
      ]);
      watch.cancel();
    }));

  it("notifies idle watches that ask for it", async () => {
    const clock = new ManualClock();
    await withFace(async (client) => {
      const watch = client.watch();
      watch.send({ create: { ...PREFIX, progressNotify: true } });
      await until("the watch", () => watch.responses.length === 1);
      await put(client, "elsewhere", "1");
      await until("a notification", () => {
        clock.advance(600_000);
        return watch.responses.length > 1;
      });
      expect(shown(watch)[1]).toBe("progress 0 @2");
      watch.cancel();
    }, { clock });
  });

  it(
    "loses nothing when its reader falls far behind, and cuts large revisions",
    { timeout: 60_000 },
    () =>
      withFace(async (client, store) => {
        const watch = client.watch();
        watch.send({ create: { ...PREFIX, fragment: true } });
        await until("the watch", () => watch.responses.length === 1);
        watch.pause();
        const value = "v".repeat(1024 * 1024);
        for (let i = 0; i < 40; i++) await put(client, `/${i % 7}`, value);
        await store.commit(["/x", "/y", "/z"].map((key) => ({ kind: "put", key, value })));
        watch.resume();
        await until("all events", () => watch.responses.flatMap(({ events = [] }) => events).length >= 43);
        const events = watch.responses.flatMap(({ events = [] }) => events);
        expect(events.map(({ kv }) => Number(kv.modRevision))).toEqual([
          ...Array.from({ length: 40 }, (_, i) => i + 2),
          42,
          42,
          42,
        ]);
        expect(watch.responses.slice(-3).map(({ fragment }) => fragment)).toEqual([true, true, false]);
        watch.cancel();
      }),
  );
});

describe("leases of the etcd face", () => {
  it("take up their time and their keys after a restart", async () => {
    const store = openMemory();
    const clock = new ManualClock();
    const id = "7587862072907654404";
    await withFace(async (client) => {
      const request = { ttl: 100, id };
      await client.call("etcdserverpb.Lease", "LeaseGrant", ["LeaseGrantRequest", "LeaseResponse"], request);
      for (let i = 0; i < 300; i++) await put(client, `/${i}`, "\0", id);
      await put(client, "/stays", "1");
      await expect(
        client.call("etcdserverpb.Lease", "LeaseGrant", ["LeaseGrantRequest", "LeaseResponse"], request),
      ).rejects.toMatchObject({ code: 9, details: "etcdserver: lease already exists" });
    }, { datastore: store, clock });
    await withFace(async () => {
      clock.advance(99_000);
      expect((await store.count({ start: "/", end: "0" })).count).toBe(301);
      clock.advance(2000);
      await until("the keys are gone", async () => (await store.stats()).keys === 1);
    }, { datastore: store, clock });
    expect((await store.get("/stays")).item?.value).toBe("1");
    await store.close();
  });
});

describe("the etcd face", () => {
  it("refuses what is too large, and transactions that rest on what others may change", () =>
    withFace(async (client, store) => {
      await expect(put(client, "a", Buffer.alloc(3 * 1024 * 1024))).rejects.toMatchObject({
        code: 3,
        details: "etcdserver: request is too large",
      });
      await put(client, "a", Buffer.alloc(3 * 1024 * 1024 - 64));
      const txn = (compare: unknown[]) =>
        client.call<{ succeeded: boolean }>("etcdserverpb.KV", "Txn", ["TxnRequest", "TxnResponse"], {
          compare,
          success,
        });
      const success = [{ put: { key: bytes("a"), value: bytes("1") } }];
      expect((await txn([{ target: 0, key: bytes("other"), version: 0 }])).succeeded).toBe(true);
      await put(client, "other", "1");
      await expect(txn([{ target: 0, key: bytes("other"), version: 1 }])).rejects.toMatchObject({ code: 12 });
      expect(await store.revision()).toBe(4);
    }, { exclusive: false }));

  it("speaks TLS, and only to those whose certificate its authority has signed", { timeout: 60_000 }, async () => {
    const directory = await Deno.makeTempDir();
    const files = await writeCertificates(directory);
    const pem = async ({ certFile, keyFile }: { certFile: string; keyFile: string }) => ({
      cert: await Deno.readTextFile(certFile),
      key: await Deno.readTextFile(keyFile),
    });
    const ca = await Deno.readTextFile(files.ca);
    const store = openMemory();
    const tls = { ...await pem(files.server), clientCa: ca };
    const face = await serveEtcd({ datastore: store, address: "127.0.0.1", port: 0, tls });
    const attempt = async (own?: { cert: string; key: string }) => {
      const client = await etcdClient(`localhost:${face.port}`, { ca, ...own });
      // The second one may resume the first one's session.
      const results = [];
      for (const key of ["a", "b"]) results.push(await put(client, key, "1").then(() => "ok", ({ code }) => code));
      client.close();
      return results;
    };
    try {
      expect(await attempt(await pem(files.client))).toEqual(["ok", "ok"]);
      expect(await attempt(await pem(files.stranger))).toEqual([14, 14]);
      expect(await attempt()).toEqual([14, 14]);
      expect((await store.stats()).keys).toBe(2);
      await expect(serveEtcd({ datastore: store, address: "127.0.0.1", port: face.port })).rejects.toMatchObject({
        reason: "unavailable",
      });
    } finally {
      await face.close();
      await store.close();
      await Deno.remove(directory, { recursive: true });
    }
  });
});
