import type { Clock } from "../../../api/clock.ts";
import { pause } from "../../../client/pause.ts";
import { LogFilter, type LogFilterOptions } from "./log_filter.ts";
import { rotatedLogs } from "./rotated_logs.ts";
import { tailOffset } from "./tail.ts";

export interface ReadLogsOptions extends LogFilterOptions {
  readonly path: string;
  readonly tailLines?: number;
  /** Goes on with what is written later, across rotations, until the container has ended. */
  readonly follow?: {
    /** Resolves when the container runs no more, at once if so. */
    readonly ended: Promise<void>;
    readonly clock: Clock;
  };
  readonly signal: AbortSignal;
}

const CHUNK = 64 * 1024;
/** Where inotify cannot watch (its instances are used up), the file is looked at so often, in milliseconds. */
const POLL = 250;
/** So long after the first line in a new file the runtime is done with the old one, in milliseconds. */
const HANDOVER = 100;

/** A container's log as its reader asked for it. Rejects with `Deno.errors.NotFound` when there is no file and it is not followed. */
export async function* readLogs(options: ReadLogsOptions): AsyncGenerator<Uint8Array> {
  const { path, signal, follow } = options;
  const filter = new LogFilter(options);
  using changes = follow ? watchChanges(path, follow.clock, signal) : undefined;
  let ended = false;
  follow?.ended.then(() => {
    ended = true;
    changes?.wake();
  }, () => {});

  let file = await openFirst(path, follow !== undefined, async () => {
    if (ended || signal.aborted) return false;
    await changes?.next();
    return true;
  });
  if (!file) return;
  try {
    if (options.tailLines !== undefined) {
      await file.seek(await tailOffset(file, options.tailLines), Deno.SeekMode.Start);
    }
    const buffer = new Uint8Array(CHUNK);
    while (!signal.aborted && !filter.full) {
      // Asked before reading: what was written before the end is then read for sure.
      const last = ended || !follow;
      const count = await file.read(buffer);
      if (count) {
        const output = filter.push(buffer.subarray(0, count));
        if (output.length > 0) yield output;
        continue;
      }
      const next = await openRotated(path, file);
      if (next === "same") {
        if (last) return;
        await changes!.next();
      } else if (next) {
        yield* drain(file, filter, buffer);
        if (follow) {
          // The new file is made before the runtime turns to it, and what was on its way then still goes into the old one.
          while (!ended && !signal.aborted && (await next.stat()).size === 0) await changes!.next();
          await pause(follow.clock, HANDOVER, signal).catch(() => {});
          yield* drain(file, filter, buffer);
        }
        file.close();
        file = next;
      } else if (last) return;
      else await changes!.next();
    }
  } finally {
    file.close();
  }
}

async function* drain(file: Deno.FsFile, filter: LogFilter, buffer: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let count = await file.read(buffer); count && !filter.full; count = await file.read(buffer)) {
    const output = filter.push(buffer.subarray(0, count));
    if (output.length > 0) yield output;
  }
}

/** Undefined when the file did not come to be before the container's end. */
async function openFirst(
  path: string,
  wait: boolean,
  changed: () => Promise<boolean>,
): Promise<Deno.FsFile | undefined> {
  for (;;) {
    try {
      return await Deno.open(path);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound) || !wait) throw error;
      if (!await changed()) return undefined;
    }
  }
}

/** The file that follows this one, `same` when there is none, undefined between this one's renaming and the new one's making. */
async function openRotated(path: string, file: Deno.FsFile): Promise<Deno.FsFile | "same" | undefined> {
  const { ino, dev } = await file.stat();
  const isThis = async (other: string): Promise<boolean | undefined> => {
    const found = await Deno.stat(other).catch(() => undefined);
    return found && found.ino === ino && found.dev === dev;
  };
  const isCurrent = await isThis(path);
  if (isCurrent) return "same";
  // Whoever reads slowly may be more than one file behind.
  const rotated = await rotatedLogs(path);
  for (const [index, name] of rotated.entries()) {
    const following = rotated[index + 1];
    if (following !== undefined && await isThis(name)) return await Deno.open(following).catch(() => undefined);
  }
  return isCurrent === undefined ? undefined : await Deno.open(path).catch(() => undefined);
}

interface Changes extends Disposable {
  /** Resolves at the next change, or at once when there was one since the last call. */
  next(): Promise<void>;
  wake(): void;
}

/** Changes of a file and of its directory's entries. */
function watchChanges(path: string, clock: Clock, signal: AbortSignal): Changes {
  let happened = false;
  let waiting = () => {};
  const wake = () => {
    happened = true;
    waiting();
  };
  let stop: () => void;
  try {
    const watcher = Deno.watchFs(path.slice(0, path.lastIndexOf("/")), { recursive: false });
    stop = () => watcher.close();
    (async () => {
      for await (const event of watcher) if (event.kind !== "access" && event.paths.includes(path)) wake();
    })().catch(wake);
  } catch {
    const poll = () => {
      wake();
      stop = clock.after(POLL, poll);
    };
    stop = clock.after(POLL, poll);
  }
  signal.addEventListener("abort", wake, { once: true });
  return {
    async next() {
      if (!happened) await new Promise<void>((resolve) => waiting = resolve);
      happened = false;
    },
    wake,
    [Symbol.dispose]() {
      signal.removeEventListener("abort", wake);
      stop();
    },
  };
}
