import { run } from "../command.ts";
import { TextLineStream } from "./text_lines.ts";

/** A network namespace with a process of ours in it; both go when it is disposed of. */
export class Namespace implements AsyncDisposable {
  readonly name: string;
  readonly #child: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  readonly #reading: Promise<void>;
  #asked = 0;

  private constructor(name: string, child: Deno.ChildProcess) {
    this.name = name;
    this.#child = child;
    this.#writer = child.stdin.getWriter();
    this.#reading = this.#read();
  }

  /** `program` is a file beside this one that serves operations. */
  static async create(name: string, program: "peer.ts" | "node.ts"): Promise<Namespace> {
    await run("ip", ["netns", "add", name]);
    await run("ip", ["-n", name, "link", "set", "lo", "up"]);
    const file = new URL(program, import.meta.url).pathname;
    const args = ["netns", "exec", name, Deno.execPath(), "run", "-A", "--no-check", "--quiet", file];
    return new Namespace(name, new Deno.Command("ip", { args, stdin: "piped", stdout: "piped" }).spawn());
  }

  /** Rejects with what the operation threw. */
  async call<T>(operation: string, input: unknown): Promise<T> {
    const id = this.#asked++;
    const waiting = Promise.withResolvers<unknown>();
    this.#waiting.set(id, waiting);
    await this.#writer.write(new TextEncoder().encode(JSON.stringify({ id, operation, input }) + "\n"));
    return await waiting.promise as T;
  }

  /** A command in the namespace: its standard output, or an error with what it said. */
  async exec(...command: readonly string[]): Promise<string> {
    return await run("ip", ["netns", "exec", this.name, ...command]);
  }

  async #read(): Promise<void> {
    for await (const line of this.#child.stdout.pipeThrough(new TextLineStream())) {
      const { id, result, error } = JSON.parse(line) as { id: number; result?: unknown; error?: string };
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error === undefined) waiting?.resolve(result);
      else waiting?.reject(new Error(error));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writer.close();
    await this.#child.status;
    await this.#reading;
    await run("ip", ["netns", "del", this.name]);
  }
}
