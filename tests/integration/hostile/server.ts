/**
 * A server in a process of its own, for the hostile test: run with `--v8-flags=--expose-gc`. Writes one line of JSON with its port when it answers, and another with its memory for each line that
 * it reads. Ends with its input.
 */
import { startServer } from "../../../server/server.ts";
import { loopbackOptions } from "../server_options.ts";

const [dataDir = ""] = Deno.args;
const server = await startServer(loopbackOptions(dataDir, { datastoreEndpoint: "memory://" }));
console.log(JSON.stringify({ port: server.port }));
const { gc } = globalThis as { gc?: () => void };
for await (const _ of Deno.stdin.readable) {
  for (let i = 0; i < 3; i++) {
    gc?.();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const { heapUsed, external, rss } = Deno.memoryUsage();

  console.log(JSON.stringify({ heapUsed: heapUsed + external, rss }));
}
await server.close();
