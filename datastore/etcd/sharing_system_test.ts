import { describe, expect, it } from "vitest";
import { EVERYTHING, put, reasonOf, record, values } from "../suite/engine.ts";
import { until } from "../suite/testing/wait.ts";
import { openEtcd } from "./open.ts";
import { writeCertificates } from "../suite/testing/certificates.ts";
import { startEtcd } from "./testing/test_etcd.ts";

describe("etcd, shared", () => {
  it("shows two stores each other's writes", async () => {
    const etcd = await startEtcd();
    const [a, b] = await Promise.all([etcd, etcd].map(({ endpoint }) => openEtcd({ endpoints: [endpoint] })));
    const seen = await record(b!, { after: 1 });
    for (let i = 0; i < 50; i++) {
      const revision = await put(a!, "k", `${i}`);
      // A read after the write sees it, and so does whatever the reader's watch feeds.
      expect((await b!.get("k")).item?.value).toBe(`${i}`);
      expect(seen.batches.at(-1)?.revision).toBe(revision);
      const late = await b!.subscribe(EVERYTHING, { after: await a!.revision() }, () => {});
      late.close();
    }
    const counted = new Map(a!.metrics!().queries.map(({ query, count, errors }) => [query, [count, errors]]));
    expect(counted.get("Txn")).toEqual([50, 0]);
    const revision = await put(a!, "k", "last");
    expect((await record(b!, { after: revision })).batches).toEqual([{ revision, events: [] }]);
    await Promise.all([a!.close(), b!.close()]);
    await etcd.dispose();
  });

  it("keeps to its prefix", async () => {
    const etcd = await startEtcd();
    const [mine, other, all] = await Promise.all(
      ["/mine", "/minor", ""].map((prefix) => openEtcd({ endpoints: [etcd.endpoint], prefix })),
    );
    const seen = await record(mine!, { after: 1 });
    await put(other!, "/a", "other");
    await put(mine!, "/a", "1");
    await put(other!, "/a", "other again");
    await put(mine!, "/a", "2", 3);
    expect(await values(mine!)).toEqual(["/a=2"]);
    expect(seen.events()).toEqual(["put /a=1 @3 from 3 v1", "put /a=2 @5 from 3 v2"]);
    expect(await values(all!)).toEqual(["/mine/a=2", "/minor/a=other again"]);
    expect(await mine!.revision()).toBe(5);
    await put(other!, "/a", "more");
    expect(await mine!.revision()).toBe(6);
    const late = await record(mine!, { after: 3 });
    expect(late.events()).toEqual(["put /a=2 @5 from 3 v2"]);
    expect((await mine!.stats()).keys).toBe(1);
    expect(await reasonOf(mine!.restore(all!.snapshot()))).toBe("invalidArgument");
    await Promise.all([mine!, other!, all!].map((store) => store.close()));
    await etcd.dispose();
  });

  it("speaks TLS, with a certificate of its own", async () => {
    const directory = await Deno.makeTempDir({ prefix: "skiff-etcd-tls-" });
    const { ca, server, client, stranger, elsewhere } = await writeCertificates(directory);
    const etcd = await startEtcd({ tls: { caFile: ca, ...server } });
    const store = await openEtcd({ endpoints: [etcd.endpoint], caFile: ca, ...client });
    const seen = await record(store, { after: 1 });
    await put(store, "a", "1");
    await until("the event comes", () => seen.events().length === 1);
    await store.close();
    const refused = { endpoints: [etcd.endpoint], timeout: 200 };
    expect(await reasonOf(openEtcd({ ...refused, caFile: ca }))).toBe("unavailable");
    expect(await reasonOf(openEtcd({ ...refused, caFile: ca, ...stranger }))).toBe("unavailable");
    expect(await reasonOf(openEtcd({ ...refused, ...client }))).toBe("unavailable");
    await etcd.dispose();
    const impostor = await startEtcd({ tls: { caFile: ca, ...elsewhere } });
    expect(await reasonOf(openEtcd({ endpoints: [impostor.endpoint], timeout: 200, caFile: ca, ...client }))).toBe(
      "unavailable",
    );
    await impostor.dispose();
    await Deno.remove(directory, { recursive: true });
  });

  it("takes renewed certificates, even of another authority, without being opened again", async () => {
    const directory = await Deno.makeTempDir({ prefix: "skiff-etcd-tls-" });
    const { ca, server, client } = await writeCertificates(directory);
    const etcd = await startEtcd({ tls: { caFile: ca, ...server } });
    const store = await openEtcd({ endpoints: [etcd.endpoint], caFile: ca, ...client });
    const seen = await record(store, { after: 1 });
    await put(store, "a", "1");
    await etcd.kill();
    await writeCertificates(directory);
    await etcd.start();
    await put(store, "a", "2");
    await until("both events come", () => seen.events().length === 2);
    await store.close();
    await etcd.dispose();
    await Deno.remove(directory, { recursive: true });
  });
});
