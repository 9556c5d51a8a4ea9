import { expect, it } from "vitest";
import { namespaces } from "../../api/resources.ts";
import { schema } from "../../api/schema/schema.ts";
import type { Client } from "../../client/client.ts";
import { createHttpsClient } from "../../client/https.ts";
import { readKubeconfig } from "../../client/kubeconfig.ts";
import { openPki } from "../../server/pki/pki.ts";
import { retry } from "../e2e/retry.ts";
import { type HostileRequest, hostileRequest } from "./hostile/requests.ts";
import { type HostileAnswer, http1Sender, http2Sender, type Sender } from "./hostile/senders.ts";

/** `SKIFF_HOSTILE=FROM,COUNT` with the `SKIFF_TEST_SEED` of a failure repeats a part of it. */
const [from = 0, count = 100_000] = Deno.env.get("SKIFF_HOSTILE")?.split(",").map(Number) ?? [];
const seed = Number(Deno.env.get("SKIFF_TEST_SEED") ?? Date.now() % 2 ** 31);
const MEGABYTE = 1024 * 1024;

interface Memory {
  readonly heapUsed: number;
  readonly rss: number;
}

/** The server in its own process. */
class HostileServer implements AsyncDisposable {
  readonly directory: string;
  readonly #child: Deno.ChildProcess;
  readonly #lines: ReadableStreamDefaultReader<string>;
  #rest = "";

  private constructor(directory: string, child: Deno.ChildProcess) {
    this.directory = directory;
    this.#child = child;
    this.#lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  }

  static async start(): Promise<HostileServer> {
    const directory = await Deno.makeTempDir({ prefix: "skiff-hostile-" });
    const script = new URL("./hostile/server.ts", import.meta.url).pathname;
    const args = ["run", "-A", "--no-check", "--v8-flags=--expose-gc,--max-semi-space-size=4", script, directory];
    const child = new Deno.Command(Deno.execPath(), { args, stdin: "piped", stdout: "piped" }).spawn();
    return new HostileServer(directory, child);
  }

  async line<T>(): Promise<T> {
    while (!this.#rest.includes("\n")) {
      const { value, done } = await this.#lines.read();
      if (done) throw new Error("the server has ended");
      this.#rest += value;
    }
    const [line = "", ...rest] = this.#rest.split("\n");
    this.#rest = rest.join("\n");
    return JSON.parse(line);
  }

  async memory(): Promise<Memory> {
    const writer = this.#child.stdin.getWriter();
    await writer.write(new TextEncoder().encode("\n"));
    writer.releaseLock();
    return await this.line();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#child.stdin.close().catch(() => {});
    await this.#lines.cancel().catch(() => {});
    // Whatever it was sent, nothing may keep it from ending: a request that is forgotten would.
    const late = setTimeout(() => this.#child.kill("SIGKILL"), 60_000);
    const { success } = await this.#child.status;
    clearTimeout(late);
    await Deno.remove(this.directory, { recursive: true });
    if (!success) throw new Error("the server did not end when it was asked to");
  }
}

/** That a node or a Pod cannot be reached, or a revision is not there yet, is as it should be: there is none. */
function isFault({ method, path }: HostileRequest, { code, text }: HostileAnswer): boolean {
  if (code >= 0 && code < 500) return false;
  // A HEAD's answer says no more than its code.
  if (code === 504 && (method === "HEAD" || text.includes("Too large resource version"))) return false;
  return !(/\/(proxy|exec|attach|portforward|log)\b/.test(path) && /dialing|unreachable|address/.test(text));
}

it(`hostile requests neither end the server, nor make it fail, nor fill it (SKIFF_TEST_SEED=${seed})`, async () => {
  await using server = await HostileServer.start();
  const { port } = await server.line<{ port: number }>();
  const admin = createHttpsClient(await readKubeconfig(`${server.directory}/kubeconfig`));
  const pki = await openPki(`${server.directory}/server/tls`);
  const { certificate: cert, key } = pki.admin;
  const connection = { port, ca: pki.clusterCa, cert, key };
  const stranger = { port, ca: pki.clusterCa };
  const [known, unknown] = [http2Sender(connection), http2Sender(stranger, 4)];
  const senders = [
    ...[known, http2Sender(connection), ...[1, 2, 3, 4].map(() => http1Sender(connection, known))],
    ...[unknown, http1Sender(stranger, unknown)],
  ];
  const codes = new Map<number, number>();
  const faults: string[] = [];
  let next = from;
  const work = async (sender: Sender, until: number) => {
    while (next < until && faults.length < 10) {
      const number = next++;
      const request = hostileRequest(seed, number);
      const answer = await sender.send(request);
      codes.set(answer.code, (codes.get(answer.code) ?? 0) + 1);
      if (isFault(request, answer)) faults.push(report(number, request, answer));
    }
  };
  const all = async (until: number) => {
    await Promise.all(senders.flatMap((sender) => Array.from({ length: sender.width }, () => work(sender, until))));
    expect(faults).toEqual([]);
  };
  try {
    // The first requests load what they need, and fill the caches that have a limit.
    await all(from + Math.floor(count / 5));
    await empty(admin);
    const before = await server.memory();
    await all(from + count);
    await empty(admin);
    const after = await server.memory();
    console.log(
      `seed ${seed}: ${count} requests; answers ${JSON.stringify(Object.fromEntries([...codes].toSorted()))}`,
    );
    console.log(
      `heap ${mega(before.heapUsed)} to ${mega(after.heapUsed)} MB, resident ${mega(before.rss)} to ${
        mega(after.rss)
      } MB`,
    );
    expect(after.heapUsed).toBeLessThan(before.heapUsed * 1.5 + 30 * MEGABYTE);
    expect(after.rss).toBeLessThan(before.rss * 1.5 + 150 * MEGABYTE);
  } finally {
    for (const sender of senders) sender[Symbol.dispose]();
    admin[Symbol.dispose]();
  }
}, 1_200_000);

function mega(bytes: number): number {
  return Math.round(bytes / MEGABYTE);
}

function report(number: number, { method, path, headers, body }: HostileRequest, answer: HostileAnswer): string {
  const start = new TextDecoder().decode(body.subarray(0, 300));
  return `SKIFF_TEST_SEED=${seed} SKIFF_HOSTILE=${number},1: ${method} ${path.slice(0, 300)} ${
    JSON.stringify(headers).slice(0, 500)
  } ${JSON.stringify(start)} (${body.length} bytes) was answered ${answer.code} ${answer.text.slice(0, 500)}`;
}

/** Deletes what got in, so that the memory is the server's own again. */
async function empty(admin: Client): Promise<void> {
  const names = new Set(["x0", "x1", "x2", "x3"]);
  for (const row of schema.resources()) {
    const { group, version, resource, kind, namespaced, verbs } = row;
    if (!verbs.includes("delete") || !verbs.includes("list")) continue;
    const of = { group, version, resource, kind, namespaced } as typeof namespaces;
    for (const { metadata: { name = "", namespace = "" } } of (await admin.list(of)).items) {
      if (!names.has(name)) continue;
      const place = namespaced ? { name, namespace } : { name };
      await admin.patch(of, place, { type: "merge", patch: { metadata: { finalizers: null } } }).catch(() => {});
      await admin.delete(of, place, { gracePeriodSeconds: 0 }).catch(() => {});
    }
  }
  await retry("an answer", () => admin.list(namespaces));
}
