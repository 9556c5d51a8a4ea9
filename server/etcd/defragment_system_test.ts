import { describe, expect, it } from "vitest";
import { ManualClock } from "../../api/clock.ts";
import { openEtcdMembers } from "../../datastore/etcd/members.ts";
import { openEtcd } from "../../datastore/etcd/open.ts";
import { startCluster, type TestEtcd } from "../../datastore/etcd/testing/test_etcd.ts";
import { record } from "../../datastore/suite/engine.ts";
import { writeCertificates } from "../../datastore/suite/testing/certificates.ts";
import { until } from "../../datastore/suite/testing/wait.ts";
import { expectAll, keepWriting } from "../../datastore/suite/testing/writers.ts";
import { type MemberReport, reportMembers } from "./care.ts";
import { keepDefragmented, planDefragmentation } from "./defragment.ts";

const MB = 1024 * 1024;
const HOUR = 3_600_000;

/** When a member said in its log that it began and that it ended, in milliseconds since the epoch. */
async function defragmentations({ directory }: TestEtcd) {
  const said = (message: string) =>
    lines.filter(({ msg }) => msg === message).map(({ ts }) => Date.parse(ts.replace(/([+-]\d\d)(\d\d)$/, "$1:$2")));
  const lines = (await Deno.readTextFile(`${directory}/etcd.log`)).split("\n").filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as { ts: string; msg: string });
  return { begun: said("defragmenting"), ended: said("defragmented") };
}

describe("defragmentation of three members", () => {
  it("happens by itself, one at a time, the leader last, while writes go on", async () => {
    const directory = await Deno.makeTempDir({ prefix: "skiff-defragment-" });
    const { ca: caFile, server, client } = await writeCertificates(directory);
    const cluster = await startCluster(3, { tls: { caFile, ...server } });
    const endpoints = cluster.map(({ endpoint }) => endpoint);
    const tls = { caFile, ...client };
    const store = await openEtcd({ endpoints, ...tls, timeout: 60_000 });
    const members = await openEtcdMembers({ endpoints, ...tls });
    const access = { endpoint: endpoints[0]!, tls };
    const stop = new AbortController();
    const clock = new ManualClock();
    try {
      for (let i = 0; i < 30; i++) {
        await store.commit([{ kind: "put", key: "big", value: `${i}`.padEnd(MB / 4, ".") }]);
      }
      await store.commit([{ kind: "delete", key: "big" }]);
      await store.compact(await store.revision());
      const order: string[] = [];
      const plan = (reports: readonly MemberReport[]) => {
        const due = planDefragmentation(reports, MB);
        if (due.length > 0) {
          order.push(due.length > 1 && due[0]!.isLeader ? "the leader before others" : "as it should");
        }
        return due;
      };
      await until("all members have room to give back", async () => {
        await store.commit([{ kind: "put", key: "small", value: "1" }]);
        return plan(await reportMembers(access, members)).length === 3;
      }, 60);
      const before = await reportMembers(access, members);

      const first = await store.revision();
      const seen = await record(store, { after: first });
      const writing = keepWriting(store, 4);
      await until("writes are acknowledged", () => writing.acknowledged.size > 20);
      const kept = keepDefragmented(access, members, clock, stop.signal, plan);
      await clock.advance(HOUR);
      await until("all have done it", async () => {
        const all = await Promise.all(cluster.map(defragmentations));
        return all.every(({ ended }) => ended.length > 0);
      }, 60);
      const then = writing.acknowledged.size;
      await until("writes go on", () => writing.acknowledged.size > then + 20, 60);
      await writing.stop();
      stop.abort();
      await kept;

      const all = (await Promise.all(cluster.map(defragmentations))).toSorted((a, b) => a.begun[0]! - b.begun[0]!);
      expect(all.map(({ begun, ended }) => [begun.length, ended.length])).toEqual([[1, 1], [1, 1], [1, 1]]);
      expect(order).not.toContain("the leader before others");
      for (const [i, { begun }] of all.entries()) {
        if (i > 0) expect(begun[0]!).toBeGreaterThanOrEqual(all[i - 1]!.ended[0]!);
      }
      const bytes = (reports: typeof before) => reports.map((report) => "bytes" in report ? report.bytes : Infinity);
      const sizes = bytes(await reportMembers(access, members));
      for (const [i, size] of bytes(before).entries()) expect(sizes[i]!).toBeLessThan(size / 2);
      expectAll(seen.batches, first, writing.acknowledged);
      for (const reason of writing.failures.keys()) expect(["unknownOutcome", "unavailable"]).toContain(reason);
    } finally {
      stop.abort();
      members.close();
      await store.close();
      for (const member of cluster) await member.dispose();
      await Deno.remove(directory, { recursive: true });
    }
  }, 120_000);
});
