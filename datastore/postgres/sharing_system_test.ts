import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { EVERYTHING, put, reasonOf, record, values } from "../suite/engine.ts";
import { writeCertificates } from "../suite/testing/certificates.ts";
import { until } from "../suite/testing/wait.ts";
import { openPostgres } from "./open.ts";
import { startPostgres, type TestPostgres } from "./testing/test_postgres.ts";

const PROGRAM = new URL("./testing/other_process.ts", import.meta.url).pathname;

interface Told {
  readonly what: string;
  readonly key: string;
  readonly value: string;
  readonly revision: number;
  readonly time: number;
}

function startOther(url: string) {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", PROGRAM, url],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const told: Told[] = [];
  const reading = (async () => {
    let rest = "";
    for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split("\n");
      rest = lines.pop()!;
      for (const line of lines) {
        const [what, key, value, revision, time] = line.split(" ");
        told.push({ what: what!, key: key!, value: value!, revision: Number(revision), time: Number(time) });
      }
    }
  })();
  const input = child.stdin.getWriter();
  return {
    of: (what: string) => told.filter((line) => line.what === what),
    write: (text: string) => input.write(new TextEncoder().encode(text)),
    async end() {
      await input.close();
      await Promise.all([reading, child.status]);
    },
  };
}

describe("postgres, shared", () => {
  let server: TestPostgres;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server.dispose());

  it("shows another process a write soon, and its writes to us", async () => {
    const url = server.newAddress();
    const other = startOther(url);
    await until("the other process is ready", () => other.of("ready").length === 1);
    const store = await openPostgres({ url });
    const arrived = new Map<string, number>();
    await store.subscribe(EVERYTHING, { after: 1 }, ({ events }) => {
      for (const event of events) if (event.kind === "put") arrived.set(event.item.value, Date.now());
    });
    const delays: number[] = [];
    for (let i = 0; i < 20; i++) {
      const written = Date.now();
      await put(store, "ours", `ours${i}`);
      await until("the other saw it", () => other.of("saw").some(({ value }) => value === `ours${i}`));
      delays.push(other.of("saw").find(({ value }) => value === `ours${i}`)!.time - written);
      await other.write(`theirs theirs${i}\n`);
      await until("we saw it", () => arrived.has(`theirs${i}`) && other.of("wrote").length === i + 1);
      delays.push(arrived.get(`theirs${i}`)! - other.of("wrote").at(-1)!.time);
    }
    const median = delays.toSorted((a, b) => a - b)[Math.floor(delays.length / 2)]!;
    console.log(`median of ${delays.length} writes, from its answer or call to the other process: ${median} ms`);
    // 50 ms are the aim, which a busy machine may miss; who waited for the check every 10 s would miss this as well.
    expect(median).toBeLessThan(2000);
    await store.close();
    await other.end();
  });

  it("hands out revisions without holes to processes that write at once, and tells all of them everything in order", async () => {
    const url = server.newAddress();
    const others = [startOther(url), startOther(url)];
    await until("the others are ready", () => others.every((other) => other.of("ready").length === 1));
    const store = await openPostgres({ url });
    const seen = await record(store, { after: 1, previous: true });
    const count = 300;
    await Promise.all([
      ...others.map((other, o) =>
        other.write(Array.from({ length: count }, (_, i) => `k${i % 7} ${o}-${i}\n`).join(""))
      ),
      ...Array.from({ length: count }, (_, i) => put(store, `k${i % 7}`, `own-${i}`)),
    ]);
    const total = count * 3;
    await until(
      "all saw all",
      () => [...others.map((other) => other.of("saw").length), seen.events().length].every((n) => n === total),
    );
    const batches = seen.batches.filter(({ events }) => events.length > 0);
    expect(batches.map(({ revision }) => revision)).toEqual(Array.from({ length: total }, (_, i) => i + 2));
    const ours = batches.flatMap(({ revision, events }) =>
      events.map((event) => event.kind === "put" && `${event.item.key} ${event.item.value} ${revision}`)
    );
    for (const other of others) {
      expect(other.of("saw").map(({ key, value, revision }) => `${key} ${value} ${revision}`)).toEqual(ours);
      expect(other.of("wrote").length).toBe(count);
      await other.end();
    }
    const latest = new Map<string, number>();
    for (const { revision, events: [event] } of batches) {
      if (event!.kind !== "put") continue;
      expect(event!.previous?.modRevision).toBe(latest.get(event!.item.key));
      latest.set(event!.item.key, revision);
    }
    await store.close();
  });

  it("reads what another store has just written, and compacts for all", async () => {
    const url = server.newAddress();
    const [a, b] = await Promise.all([openPostgres({ url }), openPostgres({ url })]);
    const seen = await record(b, { after: 1 });
    for (let i = 0; i < 50; i++) {
      const revision = await put(a, "k", `${i}`);
      expect((await b.get("k")).item?.value).toBe(`${i}`);
      expect(seen.batches.at(-1)?.revision).toBe(revision);
    }
    const late = await record(b, { after: await put(a, "k", "last") });
    expect(late.batches.length).toBe(1);
    await a.compact(40);
    expect(await reasonOf(b.get("k", { revision: 39 }))).toBe("compacted");
    expect(await reasonOf(b.list(EVERYTHING, { revision: 2 }))).toBe("compacted");
    expect(await values(b, EVERYTHING, 40)).toEqual(["k=38"]);
    await Promise.all([b.compact(45), a.compact(50), a.compact(48)]);
    expect((await b.stats()).compactedRevision).toBe(50);
    const { queries, compactionFailures } = a.metrics!();
    const counted = new Map(queries.map(({ query, count, errors }) => [query, [count, errors]]));
    expect(counted.get("write")).toEqual([51, 0]);
    expect(counted.get("commit")![0]).toBeGreaterThan(51);
    expect(compactionFailures).toBe(0);
    await Promise.all([a.close(), b.close()]);
    const again = await openPostgres({ url });
    expect((await again.stats()).compactedRevision).toBe(50);
    await again.close();
  });

  it("keeps stores in different schemas apart, and makes one whoever comes first", async () => {
    const [one, two] = [server.newAddress(), server.newAddress()];
    const stores = await Promise.all([one, one, one, two].map((url) => openPostgres({ url })));
    await put(stores[0]!, "k", "one");
    await put(stores[3]!, "k", "two");
    expect(await Promise.all(stores.map((store) => values(store)))).toEqual([["k=one"], ["k=one"], ["k=one"], [
      "k=two",
    ]]);
    await Promise.all(stores.map((store) => store.close()));
  });

  it("tells others of a restore, who then list again", async () => {
    const url = server.newAddress();
    const [a, b] = await Promise.all([openPostgres({ url }), openPostgres({ url })]);
    const source = await openPostgres({ url: server.newAddress() });
    for (let i = 0; i < 10; i++) await put(source, `k${i % 3}`, `${i}`);
    const lost: string[] = [];
    await b.subscribe(EVERYTHING, { after: 1, onLost: ({ reason }) => void lost.push(reason) }, () => {});
    await a.restore(source.snapshot());
    await until("the other heard", () => lost.length === 1);
    expect(lost).toEqual(["compacted"]);
    expect(await b.list(EVERYTHING)).toEqual(await source.list(EVERYTHING));
    await Promise.all([a.close(), b.close(), source.close()]);
  });

  it("speaks TLS, with a certificate of its own", async () => {
    const directory = await Deno.makeTempDir({ prefix: "skiff-postgres-tls-" });
    const { ca, server: own, client, stranger, elsewhere } = await writeCertificates(directory);
    const tls = await startPostgres({ tls: { caFile: ca, ...own } });
    const url = tls.newAddress();
    const store = await openPostgres({ url, caFile: ca, ...client });
    await put(store, "a", "1");
    await store.close();
    expect(await reasonOf(openPostgres({ url }))).toBe("unavailable");
    expect(await reasonOf(openPostgres({ url, caFile: ca }))).toBe("unavailable");
    expect(await reasonOf(openPostgres({ url, caFile: ca, ...stranger }))).toBe("unavailable");
    await tls.dispose();
    const impostor = await startPostgres({ tls: { caFile: ca, ...elsewhere } });
    expect(await reasonOf(openPostgres({ url: impostor.newAddress(), caFile: ca, ...client }))).toBe("unavailable");
    await impostor.dispose();
    await Deno.remove(directory, { recursive: true });
  });

  it("shows the certificate that lies there now with each new connection", async () => {
    const directory = await Deno.makeTempDir({ prefix: "skiff-postgres-tls-" });
    const { ca, server: own, client, stranger } = await writeCertificates(directory);
    const database = await startPostgres({ tls: { caFile: ca, ...own } });
    const used = { certFile: `${directory}/used.crt`, keyFile: `${directory}/used.key` };
    const use = async ({ certFile, keyFile }: typeof used) => {
      await Deno.copyFile(certFile, used.certFile);
      await Deno.copyFile(keyFile, used.keyFile);
      await database.crash();
      await database.start();
    };
    await use(client);
    const store = await openPostgres({ url: database.newAddress(), caFile: ca, ...used });
    await put(store, "a", "1");
    await use(stranger);
    const succeeds = (call: Promise<unknown>) => call.then(() => true, () => false);
    await until("the stranger is refused", async () => !await succeeds(store.get("a")));
    await use(client);
    await until("the right one is taken", () => succeeds(put(store, "a", "2")));
    expect((await store.get("a")).item?.value).toBe("2");
    await store.close();
    await database.dispose();
    await Deno.remove(directory, { recursive: true });
  });
});
