import { describe, expect, it } from "vitest";
import type { Datastore, Operation } from "../../datastore/contract.ts";
import { startEtcd } from "../../datastore/etcd/testing/test_etcd.ts";
import { openDatastore } from "../../datastore/open.ts";
import { startPostgres } from "../../datastore/postgres/testing/test_postgres.ts";
import { randomSource } from "../../datastore/suite/random.ts";
import { installHttp2Guard } from "../../client/http2_guard.ts";
import { migrate } from "./migrate.ts";

/** Objects with histories of all kinds: made, changed, deleted, made again. */
async function fill(store: Datastore, random: () => number): Promise<void> {
  for (let i = 0; i < 400; i++) {
    const keys = new Set(Array.from({ length: 1 + Math.floor(random() * 4) }, () => Math.floor(random() * 120)));
    const operations = [...keys].map((key): Operation => {
      const name = `/registry/configmaps/default/c${key}`;
      if (random() < 0.15) return { kind: "delete", key: name };
      return { kind: "put", key: name, value: `${i} é\u{1f600} ${"v".repeat(random() * 3000)}` };
    });
    await store.commit(operations);
  }
}

describe("skiff datastore migrate", () => {
  it("moves a store from each of SQLite, etcd and PostgreSQL to each other one, and it is the same", {
    timeout: 120_000,
  }, async () => {
    installHttp2Guard();
    const seed = Number(Deno.env.get("SKIFF_TEST_SEED") ?? Math.floor(Math.random() * 2 ** 31));
    const directory = await Deno.makeTempDir({ prefix: "skiff-migrate-" });
    await using etcd = disposable(await startEtcd());
    // A restore needs an etcd that nobody has written to.
    await using otherEtcd = disposable(await startEtcd());
    await using postgres = disposable(await startPostgres());
    const endpoints = [
      `sqlite://${directory}/first.db`,
      etcd.service.endpoint,
      postgres.service.newAddress(),
      `sqlite://${directory}/middle.db`,
      postgres.service.newAddress(),
      otherEtcd.service.endpoint,
      `sqlite://${directory}/last.db`,
    ];
    const open = (endpoint: string) => openDatastore({ endpoint, dataDir: directory });
    let from = await open(endpoints[0]!);
    await fill(from, randomSource(seed));
    const original = await new Response(from.snapshot()).text();
    const { revision } = JSON.parse(original.split("\n", 1)[0]!);
    for (const endpoint of endpoints.slice(1)) {
      const to = await open(endpoint);
      const moved = await migrate(from, to);
      expect([seed, moved.revision, moved.versionsDiffer]).toEqual([seed, revision, false]);
      await from.close();
      from = to;
    }
    expect(await new Response(from.snapshot()).text()).toBe(original);
    const next = await from.commit([{ kind: "put", key: "/registry/configmaps/default/next", value: "1" }]);
    expect(next.revision).toBe(revision + 1);
    await from.close();
    await Deno.remove(directory, { recursive: true });
  });
});

function disposable<T extends { dispose(): Promise<void> }>(service: T) {
  return { service, [Symbol.asyncDispose]: () => service.dispose() };
}
