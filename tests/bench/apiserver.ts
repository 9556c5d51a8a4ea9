/** What the API server does on this machine over mutual TLS: `deno task bench apiserver`. */
import https from "node:https";
import { fileURLToPath } from "node:url";
import { usageOf } from "./_process.ts";
import { load, type Target } from "./_http_load.ts";
import { median } from "./_process.ts";

const program = fileURLToPath(new URL("./_api_server.ts", import.meta.url));
const config = fileURLToPath(new URL("../../deno.json", import.meta.url));
const PODS = 10_000;

export async function run(): Promise<void> {
  const directory = await Deno.makeTempDir({ prefix: "skiff-bench-" });
  const server = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "--config", config, program, directory, String(PODS)],
    stdout: "piped",
  }).spawn();
  try {
    const port = await portOf(server);
    const [ca, certificate, key] = await Promise.all(
      ["server-ca.crt", "client-admin.crt", "client-admin.key"].map((f) =>
        Deno.readTextFile(`${directory}/server/tls/${f}`)
      ),
    );
    await measure({ port, ca: ca!, certificate: certificate!, key: key! }, server.pid);
  } finally {
    server.kill("SIGTERM");
    await server.status;
    await Deno.remove(directory, { recursive: true });
  }
}

async function measure(target: Target, pid: number): Promise<void> {
  const pod = { method: "GET", path: "/api/v1/namespaces/default/pods/pod-1" } as const;
  const get = async (what: string, connections: number, streams: number) => {
    await load(target, { connections, streams, requests: 5_000 }, () => pod);
    const before = (await usageOf(pid)).cpuSeconds;
    const rate = await load(target, { connections, streams, requests: 40_000 }, () => pod);
    const cost = ((await usageOf(pid)).cpuSeconds - before) / 40_000;
    say(what, `${Math.round(rate)}/s`);
    say("  the server's CPU for each", `${(cost * 1e6).toFixed(0)} us`);
  };
  await get("GET of one Pod, HTTP/2, 16 connections of 8", 16, 8);
  await get("GET of one Pod, HTTP/1.1, 16 connections", 16, 1);
  let name = 0;
  const create = (connections: number, requests: number) =>
    load(target, { connections, streams: 1, requests }, () => ({
      method: "POST",
      path: "/api/v1/namespaces/default/configmaps",
      body: `{"metadata":{"name":"bench-${name++}"},"data":{"key":"${"x".repeat(500)}"}}`,
    }));
  await create(32, 1000);
  say("create of ConfigMaps, 32 clients, each durable", `${Math.round(await create(32, 10_000))}/s`);
  const times: number[] = [];
  let bytes = 0;
  for (let i = 0; i < 7; i++) {
    const begin = performance.now();
    bytes = await download(target, "/api/v1/pods");
    times.push(performance.now() - begin);
  }
  say(`LIST of ${PODS} Pods (${(bytes / 1e6).toFixed(1)} MB)`, `${median(times).toFixed(0)} ms`);
  say("resident memory after all of it", `${(await usageOf(pid)).residentMB.toFixed(0)} MB`);
}

function say(what: string, figure: string): void {
  console.log(`${what.padEnd(52)} ${figure.padStart(10)}`);
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

async function portOf(server: Deno.ChildProcess): Promise<number> {
  let said = "";
  for await (const text of server.stdout.pipeThrough(new TextDecoderStream())) {
    said += text;
    const match = /^port (\d+)$/m.exec(said);
    if (match) return Number(match[1]);
  }
  throw new Error("the server ended before it was ready");
}
