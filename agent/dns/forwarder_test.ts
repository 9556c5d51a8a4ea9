import { describe, expect, it } from "vitest";
import { createSocket } from "node:dgram";
import { ManualClock } from "../../api/clock.ts";
import { decode, encodeAnswer, encodeQuery } from "./_message.ts";
import { readMessage, type Upstream, writeMessage } from "./exchange.ts";
import { Forwarder } from "./forwarder.ts";
import { AnswerCache } from "./answer_cache.ts";
import { ResolvConfUpstreams } from "./upstreams.ts";
import { readQuestion } from "./wire.ts";

interface TestServer extends AsyncDisposable {
  readonly upstream: Upstream;
  readonly queries: Uint8Array[];
}

/** A name server on loopback; what `answer` gives as undefined is never answered. */
async function serve(
  answer: (query: Uint8Array) => Uint8Array | undefined,
  byTcp: (query: Uint8Array) => Uint8Array | undefined = answer,
): Promise<TestServer> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const queries: Uint8Array[] = [];
  const socket = createSocket("udp4");
  socket.on("message", (message, from) => {
    queries.push(new Uint8Array(message));
    const reply = answer(new Uint8Array(message));
    if (reply) socket.send(reply, from.port, from.address);
  });
  await new Promise<void>((resolve) => socket.bind(port, "127.0.0.1", resolve));
  const accepting = (async () => {
    for await (using connection of listener) {
      const query = await readMessage(connection, new Uint8Array(2));
      const reply = query && byTcp(query);
      if (reply) await writeMessage(connection, reply);
    }
  })();
  return {
    upstream: { address: "127.0.0.1", port },
    queries,
    async [Symbol.asyncDispose]() {
      listener.close();
      await accepting;
      await new Promise<void>((resolve) => socket.close(resolve));
    },
  };
}

const record = (query: Uint8Array, data: string, ttl = 60) => {
  const { name } = decode(query).questions[0]!;
  return encodeAnswer(query, [{ type: "A", name, ttl, data }]);
};

function makeForwarder(upstreams: readonly Upstream[], signal = new AbortController().signal): Forwarder {
  return new Forwarder({
    upstreams: { get: () => Promise.resolve(upstreams) },
    tryFor: 300,
    giveUpAfter: 1000,
    signal,
  });
}

async function resolve(forwarder: Forwarder, name: string, id = 5) {
  const question = readQuestion(encodeQuery(name, "A"))!;
  const message = await forwarder.resolve({ question, dnssecOk: false, checkingDisabled: false }, id);
  return message && decode(message);
}

describe("Forwarder", () => {
  it("asks once for equal questions, keeps the answer and gives each asker its own case and id", async () => {
    await using server = await serve((query) => record(query, "192.0.2.1"));
    const forwarder = makeForwarder([server.upstream]);
    const both = await Promise.all([resolve(forwarder, "a.example", 1), resolve(forwarder, "A.Example", 2)]);
    const third = await resolve(forwarder, "a.EXAMPLE", 3);
    expect([...both, third].map((m) => [m!.id, m!.questions[0]!.name, m!.answers[0]!.data])).toEqual([
      [1, "a.example", "192.0.2.1"],
      [2, "A.Example", "192.0.2.1"],
      [3, "a.EXAMPLE", "192.0.2.1"],
    ]);
    expect(server.queries.length).toBe(1);
  });

  it("goes on to the next server when one is silent or fails, and stays with the one that answers", async () => {
    await using silent = await serve(() => undefined);
    await using failing = await serve((query) => encodeAnswer(query, [], { flags: 2 }));
    await using good = await serve((query) => record(query, "192.0.2.2"));
    const forwarder = makeForwarder([silent.upstream, failing.upstream, good.upstream]);
    expect((await resolve(forwarder, "a.example"))!.answers[0]!.data).toBe("192.0.2.2");
    expect((await resolve(forwarder, "b.example"))!.answers[0]!.data).toBe("192.0.2.2");
    expect([silent, failing, good].map(({ queries }) => queries.length)).toEqual([1, 1, 2]);
  });

  it("gives up in time, without servers at once, and passes on a failure that is all there is", async () => {
    await using silent = await serve(() => undefined);
    expect(await resolve(makeForwarder([silent.upstream]), "a.example")).toBeUndefined();
    expect(await resolve(makeForwarder([]), "a.example")).toBeUndefined();
    await using failing = await serve((query) => encodeAnswer(query, [], { flags: 2 }));
    expect((await resolve(makeForwarder([failing.upstream]), "a.example"))!.rcode).toBe("SERVFAIL");
    const stop = new AbortController();
    const stopped = resolve(makeForwarder([silent.upstream], stop.signal), "a.example");
    stop.abort();
    expect(await stopped).toBeUndefined();
  });

  it("asks by TCP what was cut, and without EDNS who does not know it", async () => {
    await using cutting = await serve(
      (query) => encodeAnswer(query, [], { flags: 0x0200 }),
      (query) => record(query, "192.0.2.3"),
    );
    expect((await resolve(makeForwarder([cutting.upstream]), "a.example"))!.answers[0]!.data).toBe("192.0.2.3");
    await using old = await serve((query) =>
      decode(query).additionals.length > 0 ? encodeAnswer(query, [], { flags: 1 }) : record(query, "192.0.2.4")
    );
    expect((await resolve(makeForwarder([old.upstream]), "a.example"))!.answers[0]!.data).toBe("192.0.2.4");
  });

  it("takes no answer of another id or question", async () => {
    await using forging = await serve((query) => {
      const answer = record(query, "203.0.113.66");
      answer[1]! ^= 1;
      return answer;
    });
    await using confused = await serve(() => record(encodeQuery("other.example", "A"), "203.0.113.66"));
    expect(await resolve(makeForwarder([forging.upstream, confused.upstream]), "a.example")).toBeUndefined();
  });

  it("ends a loop back to itself at the time-out, with one question under way", async () => {
    let asked = 0;
    await using loop = await serve((query) => {
      asked++;
      void forwarder.resolve({ question: readQuestion(query)!, dnssecOk: false, checkingDisabled: false }, 1);
      return undefined;
    });
    const forwarder = makeForwarder([loop.upstream]);
    expect(await resolve(forwarder, "a.example")).toBeUndefined();
    expect(asked).toBeLessThan(5);
  });
});

describe("AnswerCache", () => {
  const query = encodeQuery("a.example", "A");
  const question = readQuestion(query)!;

  it("ages TTLs, and forgets at their end or after thirty seconds", () => {
    const cache = new AnswerCache();
    cache.put("k", question, record(query, "192.0.2.1", 10), 0);
    expect(decode(cache.get("k", 4000)!).answers[0]!.ttl).toBe(6);
    expect(cache.get("k", 10_000)).toBeUndefined();
    cache.put("k", question, record(query, "192.0.2.1", 86_400), 0);
    expect(decode(cache.get("k", 29_000)!).answers[0]!.ttl).toBe(1);
    expect(cache.get("k", 30_000)).toBeUndefined();
  });

  it("keeps negative answers as long as they say, and no failures", () => {
    const cache = new AnswerCache();
    const soa = (minimum: number) => ({
      type: "SOA",
      name: "example",
      ttl: 3600,
      data: { mname: "a", rname: "b", serial: 1, refresh: 1, retry: 1, expire: 1, minimum },
    });
    cache.put("nx", question, encodeAnswer(query, [], { flags: 3, authorities: [soa(8)] }), 0);
    expect(cache.get("nx", 7999)).toBeDefined();
    expect(cache.get("nx", 8000)).toBeUndefined();
    cache.put("bare", question, encodeAnswer(query, [], { flags: 3 }), 0);
    cache.put("fail", question, encodeAnswer(query, [], { flags: 2 }), 0);
    cache.put("zero", question, record(query, "192.0.2.1", 0), 0);
    expect(cache.size).toBe(0);
  });

  it("holds a thousand answers, the last used", () => {
    const cache = new AnswerCache();
    for (let i = 0; i < 1000; i++) cache.put(`k${i}`, question, record(query, "192.0.2.1"), 0);
    cache.get("k0", 1);
    cache.put("one more", question, record(query, "192.0.2.1"), 1);
    expect(cache.size).toBe(1000);
    expect([cache.get("k0", 2) !== undefined, cache.get("k1", 2)]).toEqual([true, undefined]);
  });
});

describe("ResolvConfUpstreams", () => {
  it("leaves out our own addresses, notices changes, and has none without a file", async () => {
    const path = await Deno.makeTempFile();
    const clock = new ManualClock();
    try {
      await Deno.writeTextFile(path, "nameserver 10.43.0.10\nnameserver 192.0.2.53\n");
      const upstreams = new ResolvConfUpstreams(path, ["10.43.0.10"], clock);
      expect(await upstreams.get()).toEqual([{ address: "192.0.2.53", port: 53 }]);
      await Deno.writeTextFile(path, "nameserver 192.0.2.54\n");
      expect((await upstreams.get())[0]!.address).toBe("192.0.2.53");
      await clock.advance(5000);
      expect((await upstreams.get())[0]!.address).toBe("192.0.2.54");
    } finally {
      await Deno.remove(path);
    }
    await clock.advance(5000);
    expect(await new ResolvConfUpstreams(path, [], clock).get()).toEqual([]);
  });
});
