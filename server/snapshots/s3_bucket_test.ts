// @ts-types="./testing/s3rver.d.ts"
import S3rver from "s3rver";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ManualClock } from "../../api/clock.ts";
import { openMemory } from "../../datastore/memory/memory_datastore.ts";
import { S3Bucket, type S3Error, type S3Options } from "./s3_bucket.ts";
import { startSnapshots } from "./schedule.ts";
import { SnapshotDirectory } from "./snapshot_directory.ts";
import { readSnapshot } from "./snapshot_file.ts";
import { isSigned } from "./testing/verify_signature.ts";

const NOON = Date.UTC(2026, 0, 2, 12, 0, 0);
const MINUTE = 60_000;

describe("snapshots in a bucket", () => {
  const store = openMemory();
  let root = "";
  let service: S3rver;
  let options: S3Options;

  beforeAll(async () => {
    root = await Deno.makeTempDir({ prefix: "skiff-s3-" });
    service = new S3rver({
      port: 0,
      address: "127.0.0.1",
      silent: true,
      directory: `${root}/s3`,
      configureBuckets: [{ name: "backups", configs: [] }],
    });
    const { port } = await service.run();
    options = {
      endpoint: `http://127.0.0.1:${port}`,
      bucket: "backups",
      region: "us-east-1",
      folder: "site 1/skiff",
      // The service's own.
      accessKey: "S3RVER",
      secretKey: "S3RVER",
      timeout: 10_000,
    };
    for (let i = 0; i < 50; i++) await store.commit([{ kind: "put", key: `k${i}`, value: "v".repeat(1000) }]);
  });
  afterAll(async () => {
    await service.close();
    await store.close();
    await Deno.remove(root, { recursive: true });
  });

  async function reasonOf(call: Promise<unknown>): Promise<string> {
    return await call.then(() => "none", (error: S3Error) => `${error.reason}: ${error.message}`);
  }

  it("are sent, listed, fetched, restored and pruned", async () => {
    using bucket = new S3Bucket(options);
    expect(await bucket.list()).toEqual([]);
    const directory = new SnapshotDirectory(`${root}/local`);
    for (let i = 0; i < 3; i++) {
      const { path } = await directory.save(() => store.snapshot(), { node: "a", time: NOON + i * MINUTE });
      await bucket.upload(path);
    }
    const listed = await bucket.list();
    expect(listed).toEqual(await directory.list());
    await Deno.mkdir(`${root}/fetched`);
    const path = await bucket.download(listed[0]!.name, `${root}/fetched`);
    const copy = openMemory();
    await copy.restore(await readSnapshot(path));
    expect((await copy.stats()).keys).toBe(50);
    await copy.close();
    expect((await bucket.prune(1)).length).toBe(2);
    expect((await bucket.list()).map(({ name }) => name)).toEqual([listed[0]!.name]);
    // Another folder is another's.
    using other = new S3Bucket({ ...options, folder: "site 2" });
    expect(await other.list()).toEqual([]);
    expect(await reasonOf(other.download(listed[0]!.name, root))).toMatch(/^notFound: GET .* in bucket backups/);
    expect(await reasonOf(other.download("../secrets", root))).toMatch(/^notFound/);
  });

  it("say what is wrong with the service, without the keys", async () => {
    // This service knows its users, but verifies no signatures of version 4.
    using foreign = new S3Bucket({ ...options, accessKey: "unknown-user", secretKey: "some-secret" });
    const refusal = await reasonOf(foreign.list());
    expect(refusal).toMatch(/^forbidden: .*InvalidAccessKeyId/);
    expect(refusal).not.toMatch(/unknown-user|some-secret/);
    using missing = new S3Bucket({ ...options, bucket: "none" });
    expect(await reasonOf(missing.list())).toMatch(/^notFound: .*NoSuchBucket/);
    using nobody = new S3Bucket({ ...options, endpoint: "http://127.0.0.1:1" });
    expect(await reasonOf(nobody.list())).toMatch(/^unavailable: GET .* at http:\/\/127\.0\.0\.1:1/);
  });

  it("are asked for with signatures that hold", async () => {
    const verdicts: string[] = [];
    await using verifier = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) => {
      verdicts.push(`${request.method} ${await isSigned(request, "a secret/+=")}`);
      return new Response("<ListBucketResult></ListBucketResult>");
    });
    const directory = new SnapshotDirectory(`${root}/signed`);
    const { path } = await directory.save(() => store.snapshot(), { node: "a", time: NOON });
    const endpoint = `http://127.0.0.1:${verifier.addr.port}`;
    const signed = { ...options, endpoint, secretKey: "a secret/+=", folder: "a b/c+d(é)" };
    using bucket = new S3Bucket(signed);
    await bucket.upload(path);
    await bucket.list();
    using wrong = new S3Bucket({ ...signed, secretKey: "another" });
    await wrong.list();
    expect(verdicts).toEqual(["PUT true", "PUT true", "GET true", "GET false"]);
  });

  it("come by the schedule, too", async () => {
    const clock = new ManualClock(NOON + 1000);
    const s3 = { ...options, folder: "scheduled" };
    const directory = new SnapshotDirectory(`${root}/scheduled`);
    const snapshots = startSnapshots(store, clock, { cron: "*/10 * * * *", keep: 2, node: "a", directory, s3 });
    for (let i = 1; i <= 3; i++) {
      await clock.advance(10 * MINUTE);
      while (clock.pending === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await snapshots.close();
    using bucket = new S3Bucket(s3);
    expect(await bucket.list()).toEqual(await directory.list());
    expect((await bucket.list()).length).toBe(2);
  });
});
