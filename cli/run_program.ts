import { UserError } from "./error.ts";

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Said when there is no such program. */
  readonly missing?: string;
}

/** Runs a program in this one's place. Its exit code; 128 and the signal's number when a signal ended it, as in a shell. */
export async function runProgram([program, ...args]: readonly string[], options: RunOptions = {}): Promise<number> {
  // The terminal's Ctrl-C reaches the program itself; Skiff waits for it to end.
  const ignore = () => {};
  Deno.addSignalListener("SIGINT", ignore);
  try {
    const child = new Deno.Command(program!, { args: [...args], env: { ...options.env } }).spawn();
    const terminate = () => child.kill("SIGTERM");
    Deno.addSignalListener("SIGTERM", terminate);
    const { code } = await child.status;
    Deno.removeSignalListener("SIGTERM", terminate);
    return code;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new UserError(options.missing ?? `there is no command ${JSON.stringify(program)}`, { cause: error });
  } finally {
    Deno.removeSignalListener("SIGINT", ignore);
  }
}
