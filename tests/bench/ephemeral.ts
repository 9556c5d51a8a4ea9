/** Clusters that come and go: in a process of their own, in this one, and doubled. `SKIFF_BENCH_FILE` names a built file to start instead of this checkout. */
import process from "node:process";
import { namespaces } from "../../api/resources.ts";
import { HttpsTransport } from "../../client/https_transport.ts";
import { readKubeconfig } from "../../client/kubeconfig.ts";
import { startCluster } from "../../cli/ephemeral/start_cluster.ts";
import { median, percentile, usageOf } from "./_process.ts";

const top = new URL("../../", import.meta.url).pathname;
const PROCESSES = 20;
const STARTS = 30;

export async function run(): Promise<void> {
  await measureProcesses();
  await measureInProcess();
}

/** From the start of the process to the answer of its API server to the first request. */
async function measureProcesses(): Promise<void> {
  const file = Deno.env.get("SKIFF_BENCH_FILE") ?? `${top}scripts/skiff`;
  const [times, memory, processor]: [number[], number[], number[]] = [[], [], []];
  for (let i = 0; i < PROCESSES; i++) {
    const start = performance.now();
    const child = new Deno.Command(file, {
      args: ["ephemeral", "--nodes=0", "--", "sh", "-c", "echo $KUBECONFIG $PPID; exec cat"],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    const reader = child.stdout.getReader();
    const [kubeconfig = "", pid] = new TextDecoder().decode((await reader.read()).value).trim().split(" ");
    const transport = new HttpsTransport(await readKubeconfig(kubeconfig));
    await transport.json({ method: "GET", path: "/api/v1/namespaces/default" });
    times.push(performance.now() - start);
    const { residentMB, cpuSeconds } = await usageOf(Number(pid));
    memory.push(residentMB);
    processor.push(cpuSeconds * 1000);
    transport.close();
    await child.stdin.close();
    reader.releaseLock();
    await child.stdout.cancel();
    await child.status;
  }
  console.log(
    `process start to first request answered: ${shown(times)} of ${PROCESSES}, processor time ${shown(processor)}`,
  );
  console.log(`resident memory of a control plane alone, just started: ${median(memory).toFixed(0)} MB`);
}

async function measureInProcess(): Promise<void> {
  // The first one loads the modules, the next ones warm V8.
  for (let i = 0; i < 5; i++) await (await startCluster()).close();
  await measure("startCluster() in a warm process", () => startCluster());
  await using cluster = await startCluster();
  await measure("cluster.fork()", () => cluster.fork());
  await using node = await startCluster({ hollowNodes: 1 });
  await measure("cluster.fork() with a hollow node", () => node.fork());
}

async function measure(what: string, start: () => ReturnType<typeof startCluster>): Promise<void> {
  const [times, processor]: [number[], number[]] = [[], []];
  for (let i = 0; i < STARTS; i++) {
    const [began, before] = [performance.now(), process.cpuUsage()];
    await using cluster = await start();
    times.push(performance.now() - began);
    const { user, system } = process.cpuUsage(before);
    processor.push((user + system) / 1000);
    await cluster.client.list(namespaces);
  }
  console.log(`${what}: ${shown(times)} of ${STARTS}, processor time ${shown(processor)}`);
}

function shown(times: readonly number[]): string {
  return `median ${median(times).toFixed(0)} ms, p95 ${percentile(times, 95).toFixed(0)} ms`;
}
