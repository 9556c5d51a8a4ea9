import { createSocket } from "node:dgram";
import type { Service } from "../../api/types/core_v1.ts";
import type { EndpointSlice } from "../../api/types/discovery_v1.ts";
import { run as runTool } from "../../agent/network/command.ts";
import { RuleState } from "../../agent/network/services/rule_state.ts";
import { serviceFrontends } from "../../agent/network/services/service_frontends.ts";
import { Resolver } from "../../agent/dns/resolver.ts";
import { serveDns } from "../../agent/dns/server.ts";

const SERVICES = 5000;
const CHANGES = 50;
const QUERIES = 100_000;

/** Rules of 5,000 Services, in a network namespace of its own, and queries to the cluster DNS on loopback. */
export async function run(): Promise<void> {
  await changeRules();
  await askDns();
}

async function changeRules(): Promise<void> {
  const namespace = `skiff-bench-${Deno.pid}`;
  const apply = async (script: string) => {
    const started = performance.now();
    // `ip netns exec` is what a child needs to be elsewhere; it counts against us.
    const args = ["netns", "exec", namespace, "nft", "-f", "-"];
    await runTool("ip", args, script);
    return performance.now() - started;
  };
  await runTool("ip", ["netns", "add", namespace]);
  try {
    const state = new RuleState({
      table: "bench",
      bridge: "bench0",
      podCidr: "10.42.0.0/24",
      clusterCidr: "10.42.0.0/16",
      serviceCidr: "10.43.0.0/16",
      bridgeFiltersIp: true,
    });
    const claim = (i: number, endpoints: number) =>
      state.claim(`s${i}`, serviceFrontends(service(i), [slice(i, endpoints)], "node"));
    const started = performance.now();
    for (let i = 0; i < SERVICES; i++) claim(i, 2);
    const { script } = state.takeAll();
    const made = performance.now() - started;
    const applied = await apply(script);
    print(
      `${SERVICES} Services: rules made in ${ms(made)}, applied in ${ms(applied)}, ${
        Math.round(script.length / 1024)
      } KiB`,
    );

    const times: number[] = [];
    for (let i = 0; i < CHANGES; i++) {
      const begin = performance.now();
      claim(i * 7, i % 2 === 0 ? 3 : 1);
      const change = state.takeChange()!;
      const thinking = performance.now() - begin;
      times.push(thinking + await apply(change.script));
    }
    times.sort((a, b) => a - b);
    print(`one endpoint change among them: p50 ${ms(times[CHANGES / 2]!)}, worst of ${CHANGES} ${ms(times.at(-1)!)}`);
  } finally {
    await runTool("ip", ["netns", "del", namespace]);
  }
}

async function askDns(): Promise<void> {
  const found = service(1);
  const resolver = new Resolver({
    domain: "cluster.local",
    clusterDns: "10.43.0.10",
    directory: {
      service: (key) => key === "default/web" ? found : undefined,
      slicesOf: () => [],
      hasServicesIn: () => true,
      serviceAt: () => undefined,
      endpointsAt: () => [],
    },
    forwarder: { resolve: () => Promise.resolve(undefined) },
    ownNetworks: [],
    isReady: () => true,
  });
  const query = new Uint8Array([
    0,
    7,
    1,
    0,
    0,
    1,
    0,
    0,
    0,
    0,
    0,
    0,
    ...name("web.default.svc.cluster.local"),
    0,
    1,
    0,
    1,
  ]);
  const begin = performance.now();
  for (let i = 0; i < QUERIES; i++) await resolver.answer(query, "udp");
  print(`DNS answers made: ${perSecond(QUERIES, begin)}`);

  const server = await serveDns({ resolver, hostname: "127.0.0.1", ports: [0] });
  const clients = Array.from({ length: 4 }, () => createSocket("udp4"));
  const started = performance.now();
  await Promise.all(clients.map((client) => {
    const done = Promise.withResolvers<void>();
    let answered = 0;
    const ask = () => client.send(query, server.port, "127.0.0.1");
    client.on("message", () => {
      answered++;
      if (answered === QUERIES / 10) done.resolve();
      else ask();
    });
    for (let window = 0; window < 8; window++) ask();
    return done.promise;
  }));
  print(
    `DNS queries over UDP on loopback, client in the same thread: ${perSecond(QUERIES / 10 * clients.length, started)}`,
  );
  for (const client of clients) client.close();
  await server.close();
}

function service(i: number): Service {
  const clusterIP = `10.43.${(i >>> 8) + 1}.${i & 255}`;
  return {
    metadata: { namespace: "default", name: `s${i}` },
    spec: { type: "ClusterIP", clusterIP, clusterIPs: [clusterIP], ports: [{ port: 80, protocol: "TCP" }] },
  };
}

function slice(i: number, endpoints: number): EndpointSlice {
  return {
    metadata: { namespace: "default", name: `s${i}-1` },
    addressType: "IPv4",
    ports: [{ port: 8080, protocol: "TCP" }],
    endpoints: Array.from({ length: endpoints }, (_, n) => ({ addresses: [`10.42.${i % 200}.${n + 2}`] })),
  };
}

function name(text: string): number[] {
  return [...text.split(".").flatMap((label) => [label.length, ...new TextEncoder().encode(label)])];
}

function ms(milliseconds: number): string {
  return `${milliseconds.toFixed(1)} ms`;
}

function perSecond(count: number, since: number): string {
  return `${Math.round(count / (performance.now() - since) * 1000).toLocaleString("en")}/s`;
}

function print(line: string): void {
  console.log(line);
}
