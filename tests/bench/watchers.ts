/** 2,000 watchers over HTTP/2 and mutual TLS, each sent 20 events a second: how long a change takes to reach them. */
import http2 from "node:http2";
import { configmaps } from "../../api/resources.ts";
import type { ConfigMap } from "../../api/types/core_v1.ts";
import { createHttpsClient } from "../../client/https.ts";
import { installHttp2Guard } from "../../client/http2_guard.ts";
import { readKubeconfig } from "../../client/kubeconfig.ts";
import { pause } from "../../client/pause.ts";
import { systemClock } from "../../api/clock.ts";
import { TestCluster } from "../e2e/cluster.ts";
import { usageOf } from "./_process.ts";

const WATCHERS = 2_000;
const CONNECTIONS = 20;
const EVENTS_PER_SECOND = 20;
const SECONDS = 15;
/** Every so many watchers look at what they get; the others count bytes, for the watchers share two processors with the server. */
const LOOKING = 20;

export async function run(): Promise<void> {
  installHttp2Guard();
  await using cluster = await TestCluster.start({ flags: ["--disable-agent", "--bind-address=127.0.0.1"] });
  const credentials = await readKubeconfig(cluster.kubeconfig);
  using client = createHttpsClient(credentials);
  const pid = await cluster.pid();
  const target = { namespace: "default", name: "clock" };
  let map = await client.create(configmaps, { metadata: target, data: { at: "0" } });
  const clock = systemClock();
  const before = (await usageOf(pid)).residentMB;

  const watching = await openWatchers(credentials, map.metadata.resourceVersion!);
  const started = await usageOf(pid);
  for (let i = 0; i < EVENTS_PER_SECOND * SECONDS; i++) {
    const due = clock.now() + 1000 / EVENTS_PER_SECOND;
    const next: ConfigMap = { ...map, data: { at: `${performance.now()}` } };
    map = await client.update(configmaps, next);
    await pause(clock, Math.max(0, due - clock.now()));
  }
  const expected = WATCHERS / LOOKING * EVENTS_PER_SECOND * SECONDS;
  for (let i = 0; i < 100 && watching.delays.length < expected; i++) await pause(clock, 100);
  const ended = await usageOf(pid);
  watching.close();
  const delays = watching.delays.toSorted((a, b) => a - b);
  const at = (share: number) => delays[Math.floor(delays.length * share)]?.toFixed(1);
  console.log(`${WATCHERS} watchers, ${EVENTS_PER_SECOND} events a second for ${SECONDS} s`);
  console.log(`seen by every ${LOOKING}th: ${delays.length} of ${expected} events`);
  console.log(`from the write to a watcher: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms`);
  const share = (ended.cpuSeconds - started.cpuSeconds) / SECONDS;
  console.log(
    `the server takes ${(share * 100).toFixed(0)} % of a core, ${
      (ended.residentMB - before).toFixed(0)
    } MB for the watchers`,
  );
}

async function openWatchers(
  { server, ca, cert, key }: {
    readonly server: string;
    readonly ca?: string;
    readonly cert?: string;
    readonly key?: string;
  },
  resourceVersion: string,
) {
  const delays: number[] = [];
  const path =
    `/api/v1/namespaces/default/configmaps?watch=1&fieldSelector=metadata.name%3Dclock&resourceVersion=${resourceVersion}`;
  const sessions = Array.from({ length: CONNECTIONS }, () => http2.connect(server, { ca, cert, key }));
  const open: Promise<void>[] = [];
  for (let i = 0; i < WATCHERS; i++) {
    const stream = sessions[i % CONNECTIONS]!.request({ ":path": path });
    open.push(
      new Promise((resolve, reject) => {
        stream.once(
          "response",
          (headers) => headers[":status"] === 200 ? resolve() : reject(new Error(`watch: ${headers[":status"]}`)),
        );
        stream.once("error", reject);
      }),
    );
    stream.on("data", i % LOOKING === 0 ? look(delays) : () => {});
  }
  await Promise.all(open);
  return {
    delays,
    close() {
      for (const session of sessions) session.destroy();
    },
  };
}

/** Reads the time of writing from each event, whole lines of JSON in pieces however cut. */
function look(delays: number[]): (chunk: Uint8Array) => void {
  const decoder = new TextDecoder();
  let rest = "";
  return (chunk) => {
    const now = performance.now();
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop()!;
    for (const line of lines) {
      const written = Number(/"at":"([0-9.]+)"/.exec(line)?.[1]);
      if (written > 0) delays.push(now - written);
    }
  };
}
