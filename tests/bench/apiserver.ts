/** What a server started by scripts/up, without an agent, does over mutual TLS, its SQLite file on this machine's disk. */
import https from "node:https";
import { readKubeconfig } from "../../client/kubeconfig.ts";
import { TestCluster } from "../e2e/cluster.ts";
import { retry } from "../e2e/retry.ts";
import { load, type Request, type Target } from "./_http_load.ts";
import { median, usageOf } from "./_process.ts";

const PODS = 10_000;
const GETS = 40_000;
const CREATES = 10_000;
const ROUNDS = 3;
const configmaps = "/api/v1/namespaces/default/configmaps";

export async function run(): Promise<void> {
  await using cluster = await TestCluster.start({ flags: ["--disable-agent", "--bind-address=127.0.0.1"] });
  const { ca, cert, key } = await readKubeconfig(cluster.kubeconfig);
  const target = { port: cluster.port, ca: ca!, certificate: cert!, key: key! };
  const pid = await cluster.pid();
  say("resident memory of the server alone, just started", `${(await usageOf(pid)).residentMB.toFixed(0)} MB`);
  await fill(target);
  await measureGet(target, pid, "GET of one Pod, HTTP/2, 16 connections of 8", 16, 8);
  await measureGet(target, pid, "GET of one Pod, HTTP/1.1, 16 connections", 16, 1);
  await measureCreate(target, pid);
  await measureList(target);
  say("resident memory after all of it", `${(await usageOf(pid)).residentMB.toFixed(0)} MB`);
}

/** 10,000 Pods on a Node that is not there: nobody starts them. */
async function fill(target: Target): Promise<void> {
  const node: Request = { method: "POST", path: "/api/v1/nodes", body: `{"metadata":{"name":"nowhere"}}` };
  await load(target, { connections: 1, streams: 1, requests: 1 }, () => node);
  const pod = (i: number): Request => ({
    method: "POST",
    path: "/api/v1/namespaces/default/pods",
    body: JSON.stringify({
      metadata: { name: `pod-${i}`, namespace: "default", labels: { app: "bench" } },
      spec: {
        nodeName: "nowhere",
        containers: [{ name: "main", image: "bench", env: [{ name: "A", value: "x".repeat(300) }] }],
      },
    }),
  });
  // Pods are refused until the namespace has its service account.
  await retry("the first Pod", () => load(target, { connections: 1, streams: 1, requests: 1 }, () => pod(0)));
  await load(target, { connections: 32, streams: 1, requests: PODS - 1 }, (i) => pod(i + 1));
}

async function measureGet(target: Target, pid: number, what: string, connections: number, streams: number) {
  const get: Request = { method: "GET", path: "/api/v1/namespaces/default/pods/pod-1" };
  await load(target, { connections, streams, requests: GETS / 8 }, () => get);
  await measure(pid, what, GETS, () => load(target, { connections, streams, requests: GETS }, () => get));
}

async function measureCreate(target: Target, pid: number): Promise<void> {
  const body = JSON.stringify({ metadata: { generateName: "bench-" }, data: { key: "x".repeat(500) } });
  const create: Request = { method: "POST", path: configmaps, body };
  const clients = { connections: 32, streams: 1 };
  await load(target, { ...clients, requests: CREATES / 10 }, () => create);
  const what = "create of ConfigMaps, 32 clients, each durable";
  await measure(pid, what, CREATES, () => load(target, { ...clients, requests: CREATES }, () => create));
}

/** The median of the rounds, and what one request takes of the server's processor, which others' load does not change. */
async function measure(pid: number, what: string, requests: number, once: () => Promise<number>): Promise<void> {
  const rates: number[] = [];
  const before = (await usageOf(pid)).cpuSeconds;
  for (let i = 0; i < ROUNDS; i++) rates.push(await once());
  const cost = ((await usageOf(pid)).cpuSeconds - before) / ROUNDS / requests;
  say(what, `${Math.round(median(rates))}/s`, `${(cost * 1e6).toFixed(0)} us of the server's CPU each`);
}

async function measureList(target: Target): Promise<void> {
  const times: number[] = [];
  let bytes = 0;
  for (let i = 0; i < 7; i++) {
    const begin = performance.now();
    bytes = await download(target, "/api/v1/pods");
    times.push(performance.now() - begin);
  }
  say(`LIST of ${PODS} Pods (${(bytes / 1e6).toFixed(1)} MB)`, `${median(times).toFixed(0)} ms`);
}

function say(what: string, figure: string, detail = ""): void {
  console.log(`${what.padEnd(52)} ${figure.padStart(10)}${detail && `  (${detail})`}`);
}

function download({ port, ca, certificate, key }: Target, path: string): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const request = https.get({ host: "127.0.0.1", port, path, ca, cert: certificate, key, agent: false }, (answer) => {
    let bytes = 0;
    answer.on("data", (chunk: Uint8Array) => bytes += chunk.length);
    answer.on("end", () => resolve(bytes));
  });
  request.on("error", reject);
  return promise;
}
