import { describe, expect, it } from "vitest";
import { seededRandom } from "../../api/meta/_seeded_random.ts";
import type { KubeObject } from "../../api/resource.ts";
import { keyOf } from "../../api/resource.ts";
import type { Service } from "../../api/types/core_v1.ts";
import type { EndpointSlice } from "../../api/types/discovery_v1.ts";
import type { Change } from "../../client/informer_contract.ts";
import { sampleService, sampleSlice } from "../network/services/_samples.ts";
import { ServiceDirectory } from "../network/services/service_directory.ts";
import { decode, encodeAnswer, encodeQuery } from "./_message.ts";
import { Resolver } from "./resolver.ts";
import type { Transport } from "./reply.ts";
import { setU16 } from "./wire.ts";

/** An informer's view that is complete from the start. */
function source<T extends KubeObject>(objects: readonly T[]) {
  const byKey = new Map(objects.map((object) => [keyOf(object), object]));
  return {
    get: (key: string) => byKey.get(key),
    list: () => objects,
    onChange(handler: (change: Change<T>) => void) {
      for (const object of objects) handler({ type: "added", object });
      return () => {};
    },
  };
}

const named = (hostname: string, address: string) => ({ addresses: [address], hostname, conditions: { ready: true } });
const services: Service[] = [
  sampleService("web", { clusterIPs: ["10.43.0.20"] }),
  sampleService("db", { clusterIP: "None", clusterIPs: ["None"], ports: [{ name: "pg", port: 5432 }] }),
  sampleService("ext", { clusterIP: "", type: "ExternalName", externalName: "www.example.com.", ports: [] }),
  sampleService("inner", {
    clusterIP: "",
    type: "ExternalName",
    externalName: "web.default.svc.cluster.local",
    ports: [],
  }),
  sampleService("circle", {
    clusterIP: "",
    type: "ExternalName",
    externalName: "circle.default.svc.cluster.local",
    ports: [],
  }),
  sampleService("many", { clusterIP: "None" }),
  sampleService("odd", { clusterIP: "None" }),
];
const slices: EndpointSlice[] = [
  sampleSlice("web", ["10.42.0.9"]),
  sampleSlice("db", [named("db-0", "10.42.0.5"), "10.42.0.6", {
    addresses: ["10.42.0.7"],
    conditions: { ready: false },
  }], {
    ports: [{ name: "pg", protocol: "TCP", port: 5432 }],
  }),
  sampleSlice("odd", ["not an address", "10.42.0.8", "fd00::8", "fd00:::8"]),
  sampleSlice("many", Array.from({ length: 200 }, (_, i) => `10.42.8.${i + 1}`)),
];

interface Setup {
  readonly isReady?: boolean;
  readonly upstream?: (query: Uint8Array) => Uint8Array | undefined;
}

function makeResolver({ isReady = true, upstream = () => undefined }: Setup = {}): Resolver {
  return new Resolver({
    domain: "cluster.local",
    clusterDns: "10.43.0.10",
    directory: new ServiceDirectory(source(services), source(slices)),
    forwarder: {
      resolve({ question }, id) {
        const query = new Uint8Array(12 + question.bytes.length);
        setU16(query, 0, id);
        setU16(query, 4, 1);
        query.set(question.bytes, 12);
        return Promise.resolve(upstream(query));
      },
    },
    ownNetworks: ["10.42.0.0/16", "10.43.0.0/16"],
    isReady: () => isReady,
    random: () => 0.5,
  });
}

interface Asked {
  readonly transport?: Transport;
  readonly edns?: number;
  readonly from?: Resolver;
}

async function ask(name: string, type = "A", { transport = "udp", edns, from = makeResolver() }: Asked = {}) {
  const answer = await from.answer(encodeQuery(name, type, edns === undefined ? {} : { edns }), transport);
  return { ...decode(answer!), length: answer!.length };
}

async function data(name: string, type = "A"): Promise<unknown[]> {
  const { rcode, answers } = await ask(name, type);
  expect(rcode).toBe("NOERROR");
  return answers.map((answer) => answer.data).sort();
}

describe("Resolver", () => {
  it("answers names of Services", async () => {
    expect(await data("web.default.svc.cluster.local")).toEqual(["10.43.0.20"]);
    expect(await data("db.default.svc.cluster.local")).toEqual(["10.42.0.5", "10.42.0.6"]);
    expect(await data("db-0.db.default.svc.cluster.local")).toEqual(["10.42.0.5"]);
    expect(await data("10-42-0-6.db.default.svc.cluster.local")).toEqual(["10.42.0.6"]);
    expect(await data("10-42-0-99.default.pod.cluster.local")).toEqual(["10.42.0.99"]);
    expect((await ask("dns-version.cluster.local", "TXT")).answers[0]!.data!.toString()).toBe("1.1.0");
    expect(await data("cluster.local", "NS")).toEqual(["ns.dns.cluster.local"]);
    expect(await data("ns.dns.cluster.local")).toEqual(["10.43.0.10"]);
  });

  it("answers SRV of named ports with the targets' addresses", async () => {
    const { answers, additionals, flag_aa } = await ask("_http._tcp.web.default.svc.cluster.local", "SRV");
    const target = "web.default.svc.cluster.local";
    expect(answers.map((a) => a.data)).toEqual([{ priority: 0, weight: 100, port: 80, target }]);
    expect(additionals.map(({ name, data }) => [name, data])).toEqual([[target, "10.43.0.20"]]);
    expect(flag_aa).toBe(true);
    const headless = await ask("_pg._tcp.db.default.svc.cluster.local", "SRV");
    const targets = headless.answers.map((a) => (a.data as { target: string }).target).sort();
    expect(targets).toEqual(["10-42-0-6.db.default.svc.cluster.local", "db-0.db.default.svc.cluster.local"]);
    expect(headless.additionals.length).toBe(2);
  });

  it("answers PTR of cluster IPs and of headless endpoints, and never asks others about the cluster's addresses", async () => {
    expect(await data("20.0.43.10.in-addr.arpa", "PTR")).toEqual(["web.default.svc.cluster.local"]);
    expect(await data("5.0.42.10.in-addr.arpa", "PTR")).toEqual(["db-0.db.default.svc.cluster.local"]);
    for (const address of ["9.0.42.10", "7.0.42.10", "99.99.43.10"]) {
      expect((await ask(`${address}.in-addr.arpa`, "PTR")).rcode).toBe("NXDOMAIN");
    }
    expect((await ask("1.1.1.1.in-addr.arpa", "PTR")).rcode).toBe("SERVFAIL");
  });

  it("tells names without such records from names that are not there", async () => {
    const existing = [
      "web.default.svc.cluster.local",
      "_tcp.web.default.svc.cluster.local",
      "default.svc.cluster.local",
      "svc.cluster.local",
      "default.pod.cluster.local",
      "dns.cluster.local",
    ];
    for (const name of existing) {
      const { rcode, answers, authorities } = await ask(name, "AAAA");
      expect([name, rcode, answers.length, authorities.map((a) => a.type)]).toEqual([name, "NOERROR", 0, ["SOA"]]);
    }
    const missing = [
      "none.default.svc.cluster.local",
      "x.web.default.svc.cluster.local",
      "_udp.web.default.svc.cluster.local",
      "_x._tcp.web.default.svc.cluster.local",
      "a.b._http._tcp.web.default.svc.cluster.local",
      "other.svc.cluster.local",
      "300-1-1-1.default.pod.cluster.local",
      "constructor.cluster.local",
      "__proto__.default.svc.cluster.local",
      "web.default.svc.cluster.local.default.svc.cluster.local",
    ];
    for (const name of missing) {
      const { rcode, authorities } = await ask(name);
      expect([name, rcode, authorities.map(({ name, type, ttl }) => [name, type, ttl])])
        .toEqual([name, "NXDOMAIN", [["cluster.local", "SOA", 5]]]);
    }
  });

  it("does not care about case, and keeps it", async () => {
    const { questions, answers } = await ask("WeB.Default.svc.CLUSTER.local");
    expect(questions[0]!.name).toBe("WeB.Default.svc.CLUSTER.local");
    expect(answers.map(({ name, data }) => [name, data])).toEqual([["WeB.Default.svc.CLUSTER.local", "10.43.0.20"]]);
  });

  it("follows aliases, in the cluster and outside, but not in circles", async () => {
    const inner = await ask("inner.default.svc.cluster.local");
    expect(inner.answers.map(({ name, type, data }) => [name, type, data])).toEqual([
      ["inner.default.svc.cluster.local", "CNAME", "web.default.svc.cluster.local"],
      ["web.default.svc.cluster.local", "A", "10.43.0.20"],
    ]);
    const from = makeResolver({
      upstream: (query) => {
        expect(decode(query).questions[0]).toMatchObject({ name: "www.example.com", type: "A" });
        return encodeAnswer(query, [{ type: "A", name: "www.example.com", ttl: 60, data: "192.0.2.80" }]);
      },
    });
    const outer = await ask("ext.default.svc.cluster.local", "A", { from });
    expect(outer.answers.map((a) => a.data)).toEqual(["www.example.com", "192.0.2.80"]);
    const only = await ask("ext.default.svc.cluster.local", "CNAME");
    expect(only.answers.map((a) => a.data)).toEqual(["www.example.com"]);
    expect((await ask("circle.default.svc.cluster.local")).rcode).toBe("SERVFAIL");
  });

  it("fails, instead of denying names, until it knows the Services", async () => {
    const from = makeResolver({ isReady: false });
    expect((await ask("web.default.svc.cluster.local", "A", { from })).rcode).toBe("SERVFAIL");
  });

  it("cuts what does not fit, and says so; TCP has room", async () => {
    const many = "many.default.svc.cluster.local";
    const small = await ask(many);
    expect(small.flag_tc).toBe(true);
    expect(small.length).toBeLessThanOrEqual(512);
    expect(small.answers.length).toBeGreaterThan(20);
    const larger = await ask(many, "A", { edns: 4096 });
    expect(larger.length).toBeLessThanOrEqual(1232);
    expect(larger.additionals.map(({ type }) => type)).toEqual(["OPT"]);
    const whole = await ask(many, "A", { transport: "tcp" });
    expect([whole.flag_tc, whole.answers.length]).toEqual([false, 200]);
  });

  it("hands on others' names, and shortens too long answers", async () => {
    const texts = Array.from(
      { length: 20 },
      (_, i) => ({ type: "TXT", name: "big.example", ttl: 9, data: `${i}`.repeat(40) }),
    );
    const from = makeResolver({ upstream: (query) => encodeAnswer(query, texts) });
    const short = await ask("big.example", "TXT", { from });
    expect([short.id, short.flag_tc, short.answers.length]).toEqual([7, true, 0]);
    const whole = await ask("big.example", "TXT", { from, transport: "tcp" });
    expect([whole.flag_tc, whole.answers.length]).toEqual([false, 20]);
  });

  it("refuses what it does not do", async () => {
    expect((await ask("cluster.local", "AXFR")).rcode).toBe("REFUSED");
    const resolver = makeResolver();
    const notify = encodeQuery("cluster.local", "A");
    notify[2] = 4 << 3;
    expect(decode((await resolver.answer(notify, "udp"))!).rcode).toBe("NOTIMP");
    const response = encodeQuery("cluster.local", "A");
    response[2] = 0x80;
    expect(await resolver.answer(response, "udp")).toBeUndefined();
    const badVersion = encodeQuery("cluster.local", "A", { edns: 512 });
    badVersion[badVersion.length - 5] = 1;
    const refused = (await resolver.answer(badVersion, "udp"))!;
    expect([refused[3]! & 15, refused[refused.length - 6]]).toEqual([0, 1]);
  });

  it("leaves out endpoints that are no addresses", async () => {
    expect(await data("odd.default.svc.cluster.local")).toEqual(["10.42.0.8"]);
    expect(await data("odd.default.svc.cluster.local", "AAAA")).toEqual(["fd00::8"]);
  });

  it("survives any bytes, and answers no more than it was sent room for", async () => {
    const random = seededRandom();
    console.log(`seed ${random.seed}`);
    const resolver = makeResolver();
    const queries = [
      encodeQuery("web.default.svc.cluster.local", "A", { edns: 1232 }),
      encodeQuery("_http._tcp.web.default.svc.cluster.local", "SRV"),
      encodeQuery("5.0.42.10.in-addr.arpa", "PTR"),
      encodeQuery("www.example.com", "AAAA"),
    ];
    for (let i = 0; i < 20_000; i++) {
      let message = random.pick(queries).slice();
      for (let n = random.below(6); n > 0; n--) message[random.below(message.length)] = random.below(256);
      if (random.below(4) === 0) message = message.slice(0, random.below(message.length));
      if (random.below(8) === 0) message = crypto.getRandomValues(new Uint8Array(random.below(600)));
      const answer = await resolver.answer(message, "udp");
      if (answer === undefined) continue;
      expect(answer.length).toBeLessThanOrEqual(1232);
      expect([answer[0], answer[1]]).toEqual([message[0], message[1]]);
      expect(answer[2]! & 0x80).toBe(0x80);
    }
  });
});
