/**
 * Lets clients race for a few keys of an etcd of three members while these are killed, cut off and replaced, and prints what happened as one JSON text (an
 * {@linkcode Outcome}). Runs in namespaces of its own, for networks and for processes: what it starts ends with it. Argument: the seed of what the clients do.
 */
import { installHttp2Guard } from "../../../client/http2_guard.ts";
import { type Datastore, prefixRange } from "../../../datastore/contract.ts";
import { openEtcd } from "../../../datastore/etcd/open.ts";
import { newMemberOf, startCluster, type TestEtcd } from "../../../datastore/etcd/testing/test_etcd.ts";
import { Clients } from "../../../datastore/suite/linearizability/clients.ts";
import type { Call } from "../../../datastore/suite/linearizability/history.ts";
import { randomSource } from "../../../datastore/suite/random.ts";
import { until } from "../../../datastore/suite/testing/wait.ts";
import { etcdctl } from "../etcdctl.ts";
import { type Host, startNetwork } from "./network.ts";

export interface Outcome {
  /** Calls on each key. */
  readonly history: readonly (readonly [key: string, calls: readonly Call[]])[];
  readonly failures: readonly (readonly [reason: string, count: number])[];
  /** Milliseconds from an event to the first answer to a write that came after it. */
  readonly resumed: Readonly<Record<string, number>>;
  /** What the writer with the member that was cut off was told. */
  readonly cutOff: readonly string[];
  /** Whether every member has the same in the end. */
  readonly agree: boolean;
}

/** A call on a member that is gone gives up after so long, so that clients go on. */
const PATIENCE = 2000;
/** For what takes a second on a quiet machine. */
const PATIENT_SECONDS = 120;
/** Calls that succeed between two events. */
const CALLS = 300;

class Scenario {
  readonly resumed: Record<string, number> = {};
  readonly #hosts: readonly Host[];
  readonly #members: TestEtcd[];
  readonly #all: Datastore;
  readonly #clients: Clients;

  constructor(hosts: readonly Host[], members: TestEtcd[], all: Datastore, clients: Clients) {
    this.#hosts = hosts;
    this.#members = members;
    this.#all = all;
    this.#clients = clients;
  }

  /** Lets the clients work for a while. */
  async work(): Promise<void> {
    console.error(`after ${Math.round(performance.now())} ms: ${this.#clients.completed} calls`);
    const before = this.#clients.completed;
    await until("clients go on", () => this.#clients.completed > before + CALLS, PATIENT_SECONDS);
  }

  async #leader(): Promise<number> {
    for (;;) {
      for (const [index, { endpoint }] of this.#members.entries()) {
        const line = await etcdctl(endpoint, ["--command-timeout=2s"])("endpoint", "status").catch(() => "");
        // endpoint, id, version, size, is leader, …
        if (line.split(", ")[4] === "true") return index;
      }
    }
  }

  async #measure(what: string): Promise<void> {
    const begin = performance.now();
    await until("a write succeeds", () => succeedsWithin(500, this.#all), PATIENT_SECONDS);
    this.resumed[what] = Math.round(performance.now() - begin);
  }

  async killLeader(): Promise<void> {
    const leader = await this.#leader();
    await this.#members[leader]!.kill();
    await this.#measure("leader killed");
    await this.work();
    await this.#members[leader]!.start();
    await this.work();
  }

  /** The leader or another member; a writer that only knows it is told so. */
  async cutOff(isLeader: boolean): Promise<string> {
    const leader = await this.#leader();
    const index = isLeader ? leader : (leader + 1) % this.#members.length;
    const host = this.#hosts[index]!;
    const alone = await openEtcd({ endpoints: [this.#members[index]!.endpoint], timeout: PATIENCE });
    await host.cutOff(this.#hosts.filter((other) => other !== host));
    await this.#measure(isLeader ? "leader cut off" : "follower cut off");
    await this.work();
    const told = await alone.commit([{ kind: "put", key: "alone", value: isLeader ? "leader" : "follower" }])
      .then(({ ok }) => `ok ${ok}`, ({ reason }) => reason as string);
    await host.rejoin();
    await this.work();
    await alone.close();
    return told;
  }

  /** As for a machine that is broken: the member is removed, and a new one joins with nothing. */
  async replace(): Promise<void> {
    const index = (await this.#leader() + 1) % this.#members.length;
    const [lost] = this.#members.splice(index, 1);
    await lost!.dispose();
    await this.#measure("member lost");
    const control = etcdctl(this.#members.map(({ endpoint }) => endpoint).join());
    const has = async (text: string) => (await control("member", "list")).includes(text);
    const id = (await control("member", "list")).split("\n").find((line) => line.includes(lost!.name))!.split(",")[0]!;
    // While a leader is elected, etcd may answer neither.
    await until("the lost member is removed", async () => {
      await control("member", "remove", id).catch(() => {});
      return await has(lost!.name).then((has) => !has, () => false);
    });
    const fresh = await newMemberOf(this.#members, "fresh", { places: [this.#hosts[index]!] });
    await until("the fresh member is known", async () => {
      await control("member", "add", fresh.name, `--peer-urls=${fresh.peerUrl}`).catch(() => {});
      return await has(fresh.peerUrl).catch(() => false);
    });
    await fresh.start();
    this.#members.splice(index, 0, fresh);
    await this.work();
  }

  async killAll(): Promise<void> {
    await Promise.all(this.#members.map((member) => member.kill()));
    await Promise.all(this.#members.map((member) => member.start()));
    await this.#measure("all killed and started");
    await this.work();
  }
}

async function succeedsWithin(milliseconds: number, store: Datastore): Promise<boolean> {
  return await Promise.race([
    store.commit([{ kind: "put", key: "new", value: "1" }]).then(({ ok }) => ok, () => false),
    new Promise<boolean>((resolve) => setTimeout(() => resolve(false), milliseconds)),
  ]);
}

/** Until then the members answer nothing. */
async function elected(endpoints: readonly string[]): Promise<void> {
  const store = await openEtcd({ endpoints, timeout: 60_000 });
  await store.commit([{ kind: "put", key: "new", value: "0" }]);
  await store.close();
}

async function agree(members: readonly TestEtcd[]): Promise<boolean> {
  const contents = await Promise.all(members.map(async ({ endpoint }) => {
    const store = await openEtcd({ endpoints: [endpoint] });
    const { revision, items } = await store.list(prefixRange(""));
    await store.close();
    return JSON.stringify([revision, items]);
  }));
  return contents.every((content) => content === contents[0]);
}

async function main(seed: number): Promise<Outcome> {
  const { hosts, close } = await startNetwork(3);
  const members = await startCluster(3, { places: hosts });
  const endpoints = members.map(({ endpoint }) => endpoint);
  await elected(endpoints);
  // None of them knows the member that will replace another one.
  const stores = await Promise.all(
    [endpoints, endpoints.toReversed(), endpoints].map((endpoints) => openEtcd({ endpoints, timeout: PATIENCE })),
  );
  const clients = new Clients({
    stores: stores.slice(0, 2),
    clients: 8,
    keys: ["a", "b", "c", "d"],
    random: randomSource(seed),
    rest: 20,
  });
  try {
    const scenario = new Scenario(hosts, members, stores[2]!, clients);
    await scenario.work();
    await scenario.killLeader();
    const cutOff = [await scenario.cutOff(false), await scenario.cutOff(true)];
    await scenario.replace();
    await scenario.killAll();
    await clients.stop();
    return {
      history: [...clients.history],
      failures: [...clients.failures],
      resumed: scenario.resumed,
      cutOff,
      agree: await agree(members),
    };
  } finally {
    await clients.stop();
    await Promise.all(stores.map((store) => store.close()));
    for (const member of members) await member.dispose();
    await close();
  }
}

installHttp2Guard();
if (import.meta.main) {
  console.log(JSON.stringify(await main(Number(Deno.args[0]))));
  // All stores are closed, but sockets whose connection was cut off live on until TCP gives them up, and the process with them.
  Deno.exit();
}
