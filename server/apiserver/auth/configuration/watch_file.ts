import { getLogger } from "@logtape/logtape";
import { dirname } from "node:path";

export interface WatchFileOptions {
  readonly file: string;
  /** The text as it was read last. */
  readonly text: string;
  readonly signal: AbortSignal;
  /** Takes a text that is not the one before; one call at a time. Never rejects. */
  readonly changed: (text: string) => Promise<void>;
}

const logger = getLogger(["skiff", "apiserver"]);
/** An editor has written its file whole by then. */
const SETTLE = 250;

/** Tells of a file that changes, its directory's symbolic links included, as a mounted ConfigMap's do. Returns at once. */
export function watchFile({ file, text, signal, changed }: WatchFileOptions): void {
  const watcher = Deno.watchFs(dirname(file), { recursive: false });
  signal.addEventListener("abort", () => watcher.close(), { once: true });
  let last = text;
  const work = async () => {
    for await (const event of watcher) {
      if (event.kind === "access") continue;
      await new Promise((resolve) => setTimeout(resolve, SETTLE));
      // A file that is away for a moment comes back with an event of its own.
      const now = await Deno.readTextFile(file).catch(() => last);
      if (now === last || signal.aborted) continue;
      last = now;
      await changed(now);
    }
  };
  work().catch((error) => logger.error("watching {file} has ended: {error}", { file, error }));
}
