import { describe, expect, it } from "vitest";
import { etcdctl } from "./etcdctl.ts";

const skiff = (...args: string[]) =>
  new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--no-check",
      new URL("../../cli/main.ts", import.meta.url).pathname,
      "datastore",
      "serve",
      ...args,
    ],
    stdout: "piped",
    stderr: "piped",
  });

/** Starts it on a free port and calls `body` when it listens; it must end well at SIGTERM. */
async function whileServing(dataDir: string, body: (port: string) => Promise<void>): Promise<void> {
  const child = skiff("--listen", "127.0.0.1:0", "--data-dir", dataDir).spawn();
  const decoder = new TextDecoder();
  let text = "";
  const { promise: listening, resolve, reject } = Promise.withResolvers<string>();
  const read = (stream: ReadableStream<Uint8Array>) =>
    stream.pipeTo(
      new WritableStream({
        write(part) {
          text += decoder.decode(part);
          const port = /on port (\d+) over sqlite/.exec(text)?.[1];
          if (port) resolve(port);
        },
      }),
    );
  const reading = Promise.all([read(child.stdout), read(child.stderr)]).then(() => reject(new Error(text)));
  try {
    await body(await listening);
  } finally {
    child.kill("SIGTERM");
    const { code } = await child.status;
    await reading;
    expect([code, text]).toEqual([0, text]);
  }
}

describe("skiff datastore serve", () => {
  it("lets etcdctl use the store, which is there again after a restart", { timeout: 60_000 }, async () => {
    const dataDir = await Deno.makeTempDir();
    try {
      await whileServing(dataDir, async (port) => {
        expect(await etcdctl(`127.0.0.1:${port}`)("put", "/a", "1")).toBe("OK");
      });
      await whileServing(dataDir, async (port) => {
        expect(await etcdctl(`127.0.0.1:${port}`)("get", "/a")).toBe("/a\n1");
      });
    } finally {
      await Deno.remove(dataDir, { recursive: true });
    }
  });

  it("says what is wrong with its flags", async () => {
    const wrong = [
      [["--listen", "nowhere"], `--listen "nowhere" is not ADDRESS:PORT`],
      [["--listen", "0.0.0.0:2379"], "is open to the network"],
      [["--cert-file", "/a"], "TLS needs --cert-file and --key-file together"],
      [["--datastore-endpoint", "file:///a"], "datastore endpoint file:// is not supported"],
    ] as const;
    for (const [flags, message] of wrong) {
      const { code, stderr } = await skiff("--data-dir", "/nonexistent/skiff", ...flags).output();
      expect([code, new TextDecoder().decode(stderr)]).toEqual([1, expect.stringContaining(message)]);
    }
  });
});
