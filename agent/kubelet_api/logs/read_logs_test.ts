import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ManualClock, systemClock } from "../../../api/clock.ts";
import { readLogs, type ReadLogsOptions } from "./read_logs.ts";

const LOG = [
  "2026-01-02T03:04:05.5Z stdout F one",
  "2026-01-02T03:04:06.25Z stderr F two",
  "2026-01-02T03:04:07Z stdout P thr",
  "2026-01-02T03:04:07.1Z stdout P e",
  "2026-01-02T03:04:07.123456789Z stdout F e",
  "2026-01-02T03:04:08+02:00 stdout F ",
].join("\n") + "\n";
const clock = systemClock({ background: true });

describe("readLogs", () => {
  let directory: string;
  let path: string;
  beforeEach(async () => {
    directory = await Deno.makeTempDir({ prefix: "skiff-logs-" });
    path = `${directory}/0.log`;
  });
  afterEach(() => Deno.remove(directory, { recursive: true }));

  async function read(more: Partial<ReadLogsOptions> = {}): Promise<string> {
    const { signal } = new AbortController();
    let text = "";
    for await (const chunk of readLogs({ path, timestamps: false, signal, ...more })) {
      text += new TextDecoder().decode(chunk);
    }
    return text;
  }

  it("joins partial lines and drops what no runtime wrote", async () => {
    await Deno.writeTextFile(path, `garbage\n${LOG}\nunfinished`);
    expect(await read()).toBe("one\ntwo\nthree\n\n");
  });

  it("shows one stream, times, lines since a time, and no more than a limit", async () => {
    await Deno.writeTextFile(path, LOG);
    expect(await read({ stream: "stderr" })).toBe("two\n");
    expect(await read({ timestamps: true, stream: "stdout" })).toBe(
      "2026-01-02T03:04:05.500000000Z one\n2026-01-02T03:04:07.000000000Z three\n" +
        "2026-01-02T03:04:08.000000000+02:00 \n",
    );
    expect(await read({ since: Date.parse("2026-01-02T03:04:06Z") })).toBe("two\nthree\n");
    expect(await read({ limitBytes: 6 })).toBe("one\ntw");
  });

  it("shows the last lines, a line of several parts being one", async () => {
    await Deno.writeTextFile(path, LOG);
    expect(await read({ tailLines: 0 })).toBe("");
    expect(await read({ tailLines: 1 })).toBe("\n");
    expect(await read({ tailLines: 2 })).toBe("three\n\n");
    expect(await read({ tailLines: 3 })).toBe("two\nthree\n\n");
    expect(await read({ tailLines: 99 })).toBe("one\ntwo\nthree\n\n");
  });

  it("finds the last lines of a large file as reading it whole does", async () => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    let state = seed;
    const random = (below: number) => (state = (state * 1103515245 + 12345) & 0x7fffffff) % below;
    const lines: string[] = [];
    let text = "";
    for (let i = 0; i < 3_000; i++) {
      const parts = Array.from({ length: 1 + random(3) }, () => "x".repeat(random(200)));
      lines.push(`${parts.join("")}\n`);
      parts.forEach((part, n) =>
        text += `2026-01-02T03:04:05.${1 + random(999_999)}Z stdout ${n === parts.length - 1 ? "F" : "P"} ${part}\n`
      );
    }
    await Deno.writeTextFile(path, text);
    for (const count of [1, 2, 10, random(3_000), 2_999, 3_000, 3_001]) {
      if (await read({ tailLines: count }) !== lines.slice(-count).join("")) {
        throw new Error(`wrong last ${count} lines with seed ${seed}`);
      }
    }
  });

  // Of zeros, 20 GB of which no test's time and memory would be enough for.
  it("reads the end of a 20 GB log without reading the rest", async () => {
    const file = await Deno.create(path);
    await file.truncate(20 * 1024 ** 3);
    await file.seek(0, Deno.SeekMode.End);
    await file.write(new TextEncoder().encode(`\n${LOG}`));
    file.close();
    expect(await read({ tailLines: 2 })).toBe("three\n\n");
  });

  it("rejects when there is no file", async () => {
    await expect(read()).rejects.toThrow(Deno.errors.NotFound);
  });

  it("follows a file that is yet to come, over rotations, to the container's end", async () => {
    let end = () => {};
    const ended = new Promise<void>((resolve) => end = resolve);
    let text = "";
    let wake = () => {};
    const following = (async () => {
      const { signal } = new AbortController();
      for await (const chunk of readLogs({ path, timestamps: false, signal, follow: { ended, clock } })) {
        text += new TextDecoder().decode(chunk);
        wake();
      }
    })();
    const until = async (expected: string) => {
      while (text !== expected) await new Promise<void>((resolve) => wake = resolve);
    };
    const write = (line: string) =>
      Deno.writeTextFile(path, `2026-01-02T03:04:05Z stdout F ${line}\n`, { append: true });
    await write("a");
    await until("a\n");
    await write("b");
    await until("a\nb\n");
    await write("c");
    await Deno.rename(path, `${path}.1`);
    await write("d");
    await until("a\nb\nc\nd\n");
    await write("e");
    end();
    await following;
    expect(text).toBe("a\nb\nc\nd\ne\n");
  });

  it("reads on in the old file until the runtime is done with it", async () => {
    const handover = new ManualClock();
    const line = (text: string) => `2026-01-02T03:04:05Z stdout F ${text}\n`;
    const never = new Promise<void>(() => {});
    const stop = new AbortController();
    const chunks = readLogs({
      ...{ path, timestamps: false, signal: stop.signal },
      follow: { ended: never, clock: handover },
    });
    const next = async () => new TextDecoder().decode((await chunks.next()).value);
    await Deno.writeTextFile(path, line("a"));
    expect(await next()).toBe("a\n");
    const late = next();
    await Deno.rename(path, `${path}.1`);
    await Deno.writeTextFile(path, "");
    await Deno.writeTextFile(`${path}.1`, line("b"), { append: true });
    await Deno.writeTextFile(path, line("d"));
    expect(await late).toBe("b\n");
    const last = next();
    while (handover.pending === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    await Deno.writeTextFile(`${path}.1`, line("c"), { append: true });
    await handover.advance(1_000);
    expect([await last, await next()]).toEqual(["c\n", "d\n"]);
    stop.abort();
    expect((await chunks.next()).done).toBe(true);
  });

  it("skips no file when it is more than one behind", async () => {
    const line = (text: string) => `2026-01-02T03:04:05Z stdout F ${text}\n`;
    await Deno.writeTextFile(path, line("a"));
    const chunks = readLogs({
      ...{ path, timestamps: false, signal: new AbortController().signal },
      follow: { ended: Promise.resolve(), clock },
    });
    let text = new TextDecoder().decode((await chunks.next()).value);
    for (const [stamp, next] of [["1", "b"], ["2", "c"]] as const) {
      await Deno.rename(path, `${path}.${stamp}`);
      await Deno.writeTextFile(path, line(next));
    }
    for await (const chunk of chunks) text += new TextDecoder().decode(chunk);
    expect(text).toBe("a\nb\nc\n");
  });

  it("stops following when its reader goes", async () => {
    await Deno.writeTextFile(path, LOG);
    const stop = new AbortController();
    const never = new Promise<void>(() => {});
    const chunks = readLogs({ path, timestamps: false, signal: stop.signal, follow: { ended: never, clock } });
    await chunks.next();
    const next = chunks.next();
    stop.abort();
    expect((await next).done).toBe(true);
  });
});
