import { NetworkError } from "./error.ts";

/** The host's tools that the network needs, and the Debian package of each. */
const PACKAGES = { ip: "iproute2", nft: "nftables", conntrack: "conntrack" } as const;

export type Tool = keyof typeof PACKAGES;

export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a tool with `input` on its standard input, whatever its exit code. Rejects with a `NetworkError` when it is not installed. */
export async function tryRun(tool: Tool, args: readonly string[], input = ""): Promise<CommandResult> {
  // A service's PATH often leaves the sbin directories out.
  const env = { PATH: `${Deno.env.get("PATH") ?? ""}:/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin`, LC_ALL: "C" };
  let child: Deno.ChildProcess;
  try {
    const stdin = input === "" ? "null" : "piped";
    child = new Deno.Command(tool, { args: [...args], env, stdin, stdout: "piped", stderr: "piped" }).spawn();
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
    throw new NetworkError("missingTool", `${tool} is not installed: install the package ${PACKAGES[tool]}`, { cause });
  }
  const [output] = await Promise.all([child.output(), input === "" ? undefined : feed(child.stdin, input)]);
  const decoder = new TextDecoder();
  return { code: output.code, stdout: decoder.decode(output.stdout), stderr: decoder.decode(output.stderr) };
}

/** Like {@linkcode tryRun}, but an exit code other than 0 is a `NetworkError` with what the tool said. Resolves with its standard output. */
export async function run(tool: Tool, args: readonly string[], input = ""): Promise<string> {
  const { code, stdout, stderr } = await tryRun(tool, args, input);
  if (code === 0) return stdout;
  const said = stderr.trim().slice(0, 2000) || `exit code ${code}`;
  throw new NetworkError("commandFailed", `${tool} ${args.join(" ")} failed: ${said}`);
}

/** A tool that stops before it read everything says why on its standard error, which is the better message. */
async function feed(stdin: WritableStream<Uint8Array>, input: string): Promise<void> {
  const writer = stdin.getWriter();
  try {
    await writer.write(new TextEncoder().encode(input));
    await writer.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}
