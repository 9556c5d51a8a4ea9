import { TextLineStream } from "./text_lines.ts";

/** What a helper process can be asked: by name, JSON in and out. What it throws is the answer's `error`. */
export type Operations = Readonly<Record<string, (input: never) => unknown>>;

/** Serves operations on standard input and output, one JSON text a line, until the input ends. */
export async function serveOperations(operations: Operations): Promise<void> {
  const write = (answer: unknown) => Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify(answer) + "\n"));
  for await (const line of Deno.stdin.readable.pipeThrough(new TextLineStream())) {
    const { id, operation, input } = JSON.parse(line) as { id: number; operation: string; input: never };
    void (async () => {
      try {
        write({ id, result: await operations[operation]!(input) ?? null });
      } catch (error) {
        write({ id, error: String((error as Error).stack ?? error) });
      }
    })();
  }
}
