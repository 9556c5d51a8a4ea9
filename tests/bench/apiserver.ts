/** What a server started by scripts/up, without an agent, does over mutual TLS, its SQLite file on this machine's disk. */
import https from "node:https";
import { readKubeconfig } from "../../client/kubeconfig.ts";
import { TestCluster } from "../e2e/cluster.ts";
import { retry } from "../e2e/retry.ts";
import { load, type LoadResult, type Request, type Target } from "./_http_load.ts";
import { median, usageOf } from "./_process.ts";

const PODS = 10_000;
const GETS = 40_000;
const CREATES = 10_000;
const ROUNDS = 3;
/** Deployments that are changed, and how often. */
const CHANGED = 64;
const CHANGES = 4_000;
/** After which memory must be back near its level. */
const QUIET_SECONDS = 30;
const LIST_ROUNDS = 7;
const LISTS = [
  ["full", "application/json"],
  ["metadata only", "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"],
  ["Table", "application/json;as=Table;g=meta.k8s.io;v=v1"],
  ["protobuf", "application/vnd.kubernetes.protobuf"],
] as const;
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
  await measureChanges(target, pid);
  for (const [what, accept] of LISTS) await measureList(target, pid, what, accept);
  say("resident memory after all of it", `${(await usageOf(pid)).residentMB.toFixed(0)} MB`);
  await new Promise((resolve) => setTimeout(resolve, QUIET_SECONDS * 1000));
  say(`resident memory ${QUIET_SECONDS} s later`, `${(await usageOf(pid)).residentMB.toFixed(0)} MB`);
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
async function measure(pid: number, what: string, requests: number, once: () => Promise<LoadResult>): Promise<void> {
  const rounds: LoadResult[] = [];
  const before = (await usageOf(pid)).cpuSeconds;
  for (let i = 0; i < ROUNDS; i++) rounds.push(await once());
  const cost = ((await usageOf(pid)).cpuSeconds - before) / ROUNDS / requests;
  const of = (figure: keyof LoadResult) => median(rounds.map((round) => round[figure]));
  say(
    what,
    `${Math.round(of("rate"))}/s`,
    `p99 ${of("p99").toFixed(1)} ms, ${(cost * 1e6).toFixed(0)} us of the server's CPU each`,
  );
}

/** Changes of one Deployment for each client, so that none meets another's. */
async function measureChanges(target: Target, pid: number): Promise<void> {
  const path = (i: number) => `/apis/apps/v1/namespaces/default/deployments/web-${i % CHANGED}`;
  const whole = (i: number) => JSON.stringify(deployment(`web-${i % CHANGED}`, i));
  const clients = { connections: 32, streams: 1, requests: CHANGES };
  const apply = (i: number): Request => ({
    method: "PATCH",
    path: `${path(i)}?fieldManager=bench&force=true`,
    body: whole(i),
    type: "application/apply-patch+yaml",
  });
  await load(target, { ...clients, requests: CHANGED }, apply);
  const kinds: Readonly<Record<string, (i: number) => Request>> = {
    "update of a Deployment, 32 clients": (i) => ({ method: "PUT", path: path(i), body: whole(i) }),
    "merge patch of a Deployment, 32 clients": (i) => ({
      method: "PATCH",
      path: path(i),
      body: JSON.stringify({ metadata: { annotations: { change: `${i}` } } }),
      type: "application/merge-patch+json",
    }),
    "apply of a Deployment, 32 clients": apply,
  };
  for (const [what, next] of Object.entries(kinds)) {
    await measure(pid, what, CHANGES, () => load(target, clients, next));
  }
}

function deployment(name: string, change: number): unknown {
  const labels = { app: name };
  const containers = [{ name: "web", image: `web:${change}`, ports: [{ containerPort: 8080 }] }];
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name },
    spec: {
      replicas: 0,
      paused: true,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers } },
    },
  };
}

async function measureList(target: Target, pid: number, what: string, accept: string): Promise<void> {
  const times: number[] = [];
  let bytes = 0;
  const before = (await usageOf(pid)).cpuSeconds;
  for (let i = 0; i < LIST_ROUNDS; i++) {
    const begin = performance.now();
    bytes = await download(target, "/api/v1/pods", accept);
    times.push(performance.now() - begin);
  }
  const cost = ((await usageOf(pid)).cpuSeconds - before) / LIST_ROUNDS * 1000;
  const worst = Math.max(...times).toFixed(0);
  say(
    `LIST of ${PODS} Pods, ${what}`,
    `${median(times).toFixed(0)} ms`,
    `worst ${worst} ms, ${(bytes / 1e6).toFixed(1)} MB, ${cost.toFixed(0)} ms of the server's CPU`,
  );
}

function say(what: string, figure: string, detail = ""): void {
  console.log(`${what.padEnd(52)} ${figure.padStart(10)}${detail && `  (${detail})`}`);
}

function download({ port, ca, certificate, key }: Target, path: string, accept: string): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const to = { host: "127.0.0.1", port, path, ca, cert: certificate, key, agent: false, headers: { accept } };
  const request = https.get(to, (answer) => {
    if (answer.statusCode !== 200) return reject(new Error(`${path} answers ${answer.statusCode} to ${accept}`));
    let bytes = 0;
    answer.on("data", (chunk: Uint8Array) => bytes += chunk.length);
    answer.on("end", () => resolve(bytes));
  });
  request.on("error", reject);
  return promise;
}
