import { TextLineStream } from "../../agent/network/testing/text_lines.ts";
import type { Call } from "../../datastore/suite/linearizability/history.ts";
import type { Race } from "./racing_clients.ts";
import { retry } from "./retry.ts";
import type { ServerCluster } from "./server_cluster.ts";

const program = new URL("racing_clients.ts", import.meta.url).pathname;

/** The clients of `racing_clients.ts` at work, and what they saw. */
export class RecordedRace implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #reading: Promise<void>;
  #outcome: Race | undefined;
  #completed = 0;
  /** By the clock of the calls. */
  moment = 0;

  constructor(cluster: ServerCluster, seed: number) {
    const urls = cluster.servers.map(({ url }) => url);
    const args = ["run", "-A", "--no-check", "--quiet", program, `${seed}`, cluster.servers[0]!.kubeconfig, ...urls];
    this.#child = cluster.clientHost.command(Deno.execPath(), args, { stdin: "piped", stdout: "piped" }).spawn();
    this.#reading = this.#read();
  }

  async #read(): Promise<void> {
    for await (const line of this.#child.stdout.pipeThrough(new TextLineStream())) {
      if (!line.startsWith("at ")) this.#outcome = JSON.parse(line);
      else [this.moment, this.#completed] = line.split(" ").slice(1).map(Number) as [number, number];
    }
  }

  /** Waits for so many more calls that succeed. */
  async more(count: number): Promise<void> {
    const wanted = this.#completed + count;
    await retry(`${count} calls to succeed`, async () => {
      if (this.#completed < wanted) throw new Error(`${this.#completed} of ${wanted}`);
    }, 60_000);
  }

  /** Ends it. */
  async finish(): Promise<{ readonly history: Map<string, readonly Call[]>; readonly failures: Race["failures"] }> {
    await this.#child.stdin.close();
    await this.#child.status;
    await this.#reading;
    const { history, failures } = this.#outcome!;
    // JSON has no Infinity: who never learned the outcome comes as null.
    const calls = (all: readonly Call[]) => all.map((call) => ({ ...call, returned: call.returned ?? Infinity }));
    return { history: new Map(history.map(([key, all]) => [key, calls(all)])), failures };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#child.stdin.close().catch(() => {});
  }
}
