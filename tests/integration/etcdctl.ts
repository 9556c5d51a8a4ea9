/** Debian's etcdctl, on one endpoint. */
export interface Etcdctl {
  /** What it prints, without the last newline. Rejects with what it says when it fails. */
  (...args: string[]): Promise<string>;
  /** As above, with something to read. */
  fed(input: string, ...args: string[]): Promise<string>;
  /** Goes on until it is killed. */
  start(...args: string[]): Running;
}

export interface Running {
  /** What it has printed so far. */
  output(): string;
  kill(): Promise<void>;
}

export function etcdctl(endpoint: string, flags: readonly string[] = []): Etcdctl {
  const command = (args: readonly string[], stdin: "piped" | "null" = "null") =>
    new Deno.Command("etcdctl", {
      args: [`--endpoints=${endpoint}`, ...flags, ...args],
      env: { ETCDCTL_API: "3" },
      stdin,
      stdout: "piped",
      stderr: "piped",
    }).spawn();

  async function result(child: Deno.ChildProcess): Promise<string> {
    const { success, stdout, stderr } = await child.output();
    const decoder = new TextDecoder();
    if (!success) throw new Error(decoder.decode(stderr) + decoder.decode(stdout));
    return decoder.decode(stdout).replace(/\n$/, "");
  }

  return Object.assign((...args: string[]) => result(command(args)), {
    async fed(input: string, ...args: string[]) {
      const child = command(args, "piped");
      const writer = child.stdin.getWriter();
      await writer.write(new TextEncoder().encode(input));
      await writer.close();
      return await result(child);
    },
    start(...args: string[]): Running {
      const child = command(args);
      let text = "";
      const reading = Promise.all([
        child.stdout.pipeThrough(new TextDecoderStream()).pipeTo(
          new WritableStream({ write: (part) => void (text += part) }),
        ),
        child.stderr.pipeTo(new WritableStream()),
      ]);
      return {
        output: () => text,
        async kill() {
          child.kill("SIGKILL");
          await child.status;
          await reading;
        },
      };
    },
  });
}
