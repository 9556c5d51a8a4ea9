import { TextLineStream } from "../../agent/network/testing/text_lines.ts";
import type { ServerCluster, TestServer } from "./server_cluster.ts";
import { retry } from "./retry.ts";

const program = new URL("recording_writer.ts", import.meta.url).pathname;

interface Write {
  readonly name: string;
  readonly at: number;
}

/** Writes that go on in the background, to whichever server answers, and which of them were acknowledged when. */
export class RecordedWrites implements AsyncDisposable {
  readonly #writes: Write[] = [];
  readonly #child: Deno.ChildProcess;
  readonly #reading: Promise<void>;

  constructor(cluster: ServerCluster, prefix: string) {
    const urls = cluster.servers.map(({ url }) => url);
    const args = ["run", "-A", "--no-check", "--quiet", program, prefix, cluster.servers[0]!.kubeconfig, ...urls];
    this.#child = cluster.clientHost.command(Deno.execPath(), args, { stdin: "piped", stdout: "piped" }).spawn();
    this.#reading = this.#read();
  }

  async #read(): Promise<void> {
    for await (const line of this.#child.stdout.pipeThrough(new TextLineStream())) {
      const [, name, at] = line.split(" ") as [string, string, string];
      this.#writes.push({ name, at: Number(at) });
    }
  }

  /** Waits for so many more. */
  async more(count: number): Promise<void> {
    const wanted = this.#writes.length + count;
    await retry(`${count} writes to go through`, async () => {
      if (this.#writes.length < wanted) throw new Error(`${this.#writes.length} of ${wanted}`);
    });
  }

  /** The longest time without an acknowledged write after a moment, in milliseconds. */
  longestGap(since: number): number {
    const times = this.#writes.map(({ at }) => at);
    const first = Math.max(0, times.findLastIndex((at) => at <= since));
    return Math.max(...times.slice(first + 1).map((at, i) => at - times[first + i]!));
  }

  /** Ends the writing. */
  async stop(): Promise<void> {
    await this.#child.stdin.close();
    await this.#child.status;
    await this.#reading;
  }

  /** Acknowledged writes that a server does not show. */
  async missing(cluster: ServerCluster, server: TestServer): Promise<string[]> {
    const names = new Set((await cluster.kubectl(server, "get", "configmaps", "-o", "name")).trim().split("\n"));
    return this.#writes.map(({ name }) => name).filter((name) => !names.has(`configmap/${name}`));
  }

  get count(): number {
    return this.#writes.length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#child.stdin.close().catch(() => {});
  }
}
