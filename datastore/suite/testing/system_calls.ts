/** Changes what system calls of this very process do, threads included, by strace's hand (Debian's strace; needs root). */
export interface Tampering extends AsyncDisposable {
  /** How many calls have been tampered with. */
  count(): Promise<number>;
}

export interface Tamper {
  /** Names of system calls, separated by commas. */
  readonly calls: string;
  /** strace's words for what happens to them: `delay_enter=50ms`, `error=EROFS`. */
  readonly effect: string;
  /** Only calls on these files, on all without. */
  readonly paths?: readonly string[];
}

/** Begins when the promise resolves, and ends when the result is disposed of. */
export async function tamper(directory: string, ...tampers: readonly Tamper[]): Promise<Tampering> {
  const output = `${directory}/strace.${crypto.randomUUID()}`;
  const paths = new Set(tampers.flatMap(({ paths = [] }) => paths));
  const args = [
    "--follow-forks",
    `--trace=${tampers.map(({ calls }) => calls).join()}`,
    ...tampers.map(({ calls, effect }) => `--inject=${calls}:${effect}`),
    ...[...paths].map((path) => `--trace-path=${path}`),
    `--output=${output}`,
    `--attach=${Deno.pid}`,
  ];
  const child = new Deno.Command("strace", { args, stdin: "null", stdout: "null", stderr: "piped" }).spawn();
  await attached(child.stderr);
  return {
    async count() {
      const text = await Deno.readTextFile(output);
      return text.split("\n").filter((line) => /\((DELAYED|INJECTED)\)$/.test(line)).length;
    },
    async [Symbol.asyncDispose]() {
      // It lets go of every thread before it ends.
      child.kill("SIGINT");
      await child.status;
      await Deno.remove(output);
    },
  };
}

/** strace says `attached` once it has all threads; what it says later is read as well, or it would wait for its reader. */
async function attached(messages: ReadableStream<Uint8Array>): Promise<void> {
  const reader = messages.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (!text.includes("attached")) {
    const { done, value } = await reader.read();
    if (done) throw new Error(`strace could not attach: ${text}`);
    text += value;
  }
  void (async () => {
    while (!(await reader.read()).done);
  })();
}
