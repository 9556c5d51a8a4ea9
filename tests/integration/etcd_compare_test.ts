import { Buffer } from "node:buffer";
import { describe, expect, it } from "vitest";
import { installHttp2Guard } from "../../client/http2_guard.ts";
import { serveEtcd } from "../../datastore/etcd_face/serve.ts";
import { startEtcd } from "../../datastore/etcd/testing/test_etcd.ts";
import { openMemory } from "../../datastore/memory/memory_datastore.ts";
import { openSqlite } from "../../datastore/sqlite/open.ts";
import { randomSource } from "../../datastore/suite/random.ts";
import { until } from "../../datastore/suite/testing/wait.ts";
import { type EtcdClient, etcdClient, type WatchCall } from "./etcd_client.ts";

installHttp2Guard();

const KV = "etcdserverpb.KV";
const STEPS = Number(Deno.env.get("SKIFF_RANDOM_STEPS") ?? 600);
const KEYS = ["a", "a\0", "a/1", "a/2", "b", "\x01", "\0", "é", "\xff\xfe", "b\xc3"].map((key) =>
  key === "é" ? Buffer.from(key) : Buffer.from(key, "latin1")
);
const VALUES = ["", "1", "text", "\0\x01", "\xff", "\x01b", "k8s\0x"].map((value) => Buffer.from(value, "latin1"));
const ENDS = [...KEYS, Buffer.from("\0", "latin1"), Buffer.from("c"), Buffer.alloc(0)];

/** What one random run asks of both. */
class Requests {
  constructor(readonly random: () => number) {}

  below(limit: number): number {
    return Math.floor(this.random() * limit);
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)]!;
  }

  maybe(part: Record<string, unknown>, chance = 0.3): Record<string, unknown> {
    return this.random() < chance ? part : {};
  }

  range(newest: number): Record<string, unknown> {
    return {
      key: this.pick(KEYS),
      ...this.maybe({ rangeEnd: this.pick(ENDS) }, 0.7),
      ...this.maybe({ limit: this.below(4) }),
      ...this.maybe({ revision: this.below(newest + 2) }),
      // Without an order, etcd sorts by another target than the key only what the limit has left over.
      ...this.maybe({ sortOrder: 1 + this.below(2), sortTarget: this.below(5) }),
      ...this.maybe({ keysOnly: true }, 0.1),
      ...this.maybe({ countOnly: true }, 0.1),
      ...this.maybe({ minModRevision: this.below(newest) }, 0.1),
      ...this.maybe({ maxCreateRevision: this.below(newest) }, 0.1),
    };
  }

  put(): Record<string, unknown> {
    return {
      key: this.pick(KEYS),
      ...this.random() < 0.1 ? { ignoreValue: true } : { value: this.pick(VALUES) },
      ...this.maybe({ previous: true }),
    };
  }

  deletion(ends = ENDS): Record<string, unknown> {
    return { key: this.pick(KEYS), ...this.maybe({ rangeEnd: this.pick(ends) }), ...this.maybe({ previous: true }) };
  }

  compare(newest: number): Record<string, unknown> {
    const target = this.below(4);
    const given = [{ version: this.below(3) }, { createRevision: this.below(newest) }, {
      modRevision: this.below(newest),
    }, {
      value: this.pick(VALUES),
    }][target]!;
    const absent = this.random() < 0.4 && target < 3 ? { version: 0, createRevision: 0, modRevision: 0 } : {};
    // Only what the target names may be set.
    const only = Object.fromEntries(Object.keys(given).map((name) => [name, { ...given, ...absent }[name as never]]));
    return {
      target,
      result: this.below(4),
      key: this.pick(KEYS),
      ...only,
      ...this.maybe({ rangeEnd: this.pick(ENDS) }, 0.1),
    };
  }

  operations(newest: number): Record<string, unknown>[] {
    return Array.from({ length: this.below(4) }, () =>
      this.pick([
        () => ({ range: { ...this.range(newest), revision: 0 } }),
        () => ({ put: this.put() }),
        // etcd overlooks that a range to the end covers a key which the same transaction puts; here it is refused.
        () => ({ deleteRange: this.deletion(ENDS.filter((end) => String(end) !== "\0")) }),
      ])());
  }

  /** As Kubernetes sends it: often right. */
  kubernetes(newest: number): Record<string, unknown> {
    const key = this.pick(KEYS);
    const modRevision = this.random() < 0.5 ? 0 : Math.max(0, newest - this.below(4));
    return {
      compare: [{ target: 2, result: 0, key, modRevision }],
      success: [this.random() < 0.7 ? { put: { key, value: this.pick(VALUES) } } : { deleteRange: { key } }],
      failure: this.random() < 0.7 ? [{ range: { key } }] : [],
    };
  }

  next(newest: number): [method: string, messages: [string, string], request: Record<string, unknown>] {
    const dice = this.random();
    if (dice < 0.25) return ["Range", ["RangeRequest", "RangeResponse"], this.range(newest)];
    if (dice < 0.45) return ["Put", ["PutRequest", "PutResponse"], this.put()];
    if (dice < 0.55) return ["DeleteRange", ["DeleteRangeRequest", "DeleteRangeResponse"], this.deletion()];
    if (dice < 0.75) return ["Txn", ["TxnRequest", "TxnResponse"], this.kubernetes(newest)];
    if (dice < 0.97) {
      const compare = Array.from({ length: this.below(3) }, () => this.compare(newest));
      const txn = { compare, success: this.operations(newest), failure: this.operations(newest) };
      return ["Txn", ["TxnRequest", "TxnResponse"], txn];
    }
    const revision = Math.max(1, newest - this.below(10));
    return ["Compact", ["CompactionRequest", "HeaderResponse"], { revision }];
  }
}

/** An answer without what belongs to the server: ids and terms; bytes as text. */
function shown(answer: unknown): unknown {
  return JSON.parse(JSON.stringify(answer, (name, value) => {
    if (["clusterId", "memberId", "raftTerm"].includes(name)) return undefined;
    if (value?.type === "Buffer") return Buffer.from(value.data).toString("latin1");
    return value;
  }));
}

async function outcome(client: EtcdClient, [method, messages, request]: ReturnType<Requests["next"]>) {
  try {
    return shown(await client.call(KV, method, messages, request));
  } catch (error) {
    const { code, details } = error as { code: number; details: string };
    return { code, details };
  }
}

const events = ({ responses }: WatchCall) =>
  responses.flatMap(({ events }) => (events ?? []).map((event) => shown(event)));

async function compare(face: EtcdClient, etcd: EtcdClient, seed: number): Promise<void> {
  const requests = new Requests(randomSource(seed));
  const both = [face, etcd];
  const watches: WatchCall[][] = [];
  let newest = 1;
  for (let step = 0; step < STEPS; step++) {
    const request = requests.next(newest);
    const where = `step ${step} of SKIFF_TEST_SEED=${seed}: ${request[0]} ${JSON.stringify(shown(request[2]))}`;
    const [actual, expected] = [await outcome(face, request), await outcome(etcd, request)];
    if (JSON.stringify(actual) !== JSON.stringify(expected)) {
      throw new Error(`${where}\nis\n${JSON.stringify(actual)}\nnot\n${JSON.stringify(expected)}`);
    }
    const { header } = actual as { header?: { revision: string } };
    if (header) newest = Number(header.revision);
    if (step % 50 !== 0) continue;
    const create = {
      key: requests.pick(KEYS),
      rangeEnd: requests.pick(ENDS),
      startRevision: newest + 1,
      previous: requests.random() < 0.5,
      filters: requests.random() < 0.3 ? [requests.below(2)] : [],
      fragment: true,
    };
    watches.push(both.map((client) => {
      const watch = client.watch();
      watch.send({ create });
      return watch;
    }));
    await until("both watch", () => watches.at(-1)!.every(({ responses }) => responses.length > 0));
  }
  // What was written last is seen by all; then both have told the same.
  await Promise.all(
    both.map((client) => client.call(KV, "Put", ["PutRequest", "PutResponse"], { key: KEYS[0], value: VALUES[0] })),
  );
  for (const [actual, expected] of watches) {
    await until(
      `the watches of SKIFF_TEST_SEED=${seed} have seen as much`,
      () => events(actual!).length >= events(expected!).length,
    );
    expect(events(actual!)).toEqual(events(expected!));
    actual!.cancel();
    expected!.cancel();
  }
}

describe("the etcd face, compared with etcd", () => {
  for (
    const [name, open] of [
      ["memory", async () => openMemory()],
      ["sqlite", (directory: string) => openSqlite({ path: `${directory}/state.db` })],
    ] as const
  ) {
    it(`answers over ${name} as etcd does`, { timeout: 180_000 }, async () => {
      const seed = Number(Deno.env.get("SKIFF_TEST_SEED") ?? Math.floor(Math.random() * 2 ** 31));
      const etcd = await startEtcd();
      const directory = await Deno.makeTempDir();
      const store = await open(directory);
      const face = await serveEtcd({ datastore: store, address: "127.0.0.1", port: 0, exclusive: true });
      const clients = [await etcdClient(`127.0.0.1:${face.port}`), await etcdClient(`127.0.0.1:${etcd.port}`)];
      try {
        await compare(clients[0]!, clients[1]!, seed);
      } finally {
        for (const client of clients) client.close();
        await face.close();
        await store.close();
        await etcd.dispose();
        await Deno.remove(directory, { recursive: true });
      }
    });
  }
});
