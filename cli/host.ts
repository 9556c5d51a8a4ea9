/** What the machine says of itself. */
export interface Host {
  readonly name: string;
  /** The address of the default route's interface, else any that is not loopback, else 127.0.0.1. */
  readonly address: string;
  readonly workingDirectory: string;
}

/** Reads the machine's name and address. */
export async function readHost(): Promise<Host> {
  return { name: Deno.hostname(), address: await nodeAddress(), workingDirectory: Deno.cwd() };
}

async function nodeAddress(): Promise<string> {
  const routed = await defaultInterface();
  const usable = Deno.networkInterfaces().filter((i) => i.family === "IPv4" && !i.address.startsWith("127."));
  return (usable.find((i) => i.name === routed) ?? usable[0])?.address ?? "127.0.0.1";
}

/** The interface of the default route: the row of destination 00000000 with the lowest metric. */
async function defaultInterface(): Promise<string | undefined> {
  try {
    const rows = (await Deno.readTextFile("/proc/net/route")).trim().split("\n").slice(1).map((line) =>
      line.split("\t")
    );
    return rows.filter((row) => row[1] === "00000000").sort((a, b) => Number(a[6]) - Number(b[6]))[0]?.[0];
  } catch {
    return undefined;
  }
}
