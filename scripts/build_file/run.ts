/** Runs a program to its end and answers its standard output; throws with its standard error when it fails. */
export async function run(
  command: string,
  args: readonly string[],
  { env = {}, cwd }: { readonly env?: Readonly<Record<string, string>>; readonly cwd?: string } = {},
): Promise<Uint8Array> {
  const { success, code, stdout, stderr } = await new Deno.Command(command, {
    args: [...args],
    env: { ...env },
    ...(cwd !== undefined && { cwd }),
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  if (success) return stdout;
  throw new Error(`${command} ${args.join(" ")} failed (${code}): ${new TextDecoder().decode(stderr).trim()}`);
}

export async function runText(...args: Parameters<typeof run>): Promise<string> {
  return new TextDecoder().decode(await run(...args));
}

export async function sha256(bytes: Uint8Array): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>)).toHex();
}
