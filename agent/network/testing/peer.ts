import { createSocket } from "node:dgram";
import { serveOperations } from "./json_lines.ts";

export interface ListenInput {
  readonly name: string;
  readonly protocol: "tcp" | "udp";
  readonly port: number;
}

export interface AskInput {
  readonly protocol: "tcp" | "udp";
  readonly address: string;
  readonly port: number;
  /** UDP only: any when absent, and then refusals are seen. */
  readonly fromPort?: number;
  readonly milliseconds?: number;
}

export interface ResolveInput {
  readonly name: string;
  readonly type: "A" | "PTR";
  readonly server: string;
}

/** What a network namespace's inhabitant does: serve, answering everybody with its name and their address, and ask. */
export const peerOperations = {
  listen({ name, protocol, port }: ListenInput): Promise<void> {
    return protocol === "tcp" ? listenTcp(name, port) : listenUdp(name, port);
  },
  /** `name address` of who answered and what it took us for; `refused`, `unreachable`, or `silent` after a second. */
  ask(input: AskInput): Promise<string> {
    return input.protocol === "tcp" ? askTcp(input) : askUdp(input);
  },
  /** Status and JSON. */
  async fetch(url: string): Promise<readonly [number, unknown]> {
    const response = await fetch(url);
    return [response.status, await response.json()];
  },
  /** Data of the records, or the name of the error. */
  async resolve({ name, type, server }: ResolveInput): Promise<unknown> {
    try {
      return await Deno.resolveDns(name, type, { nameServer: { ipAddr: server, port: 53 } });
    } catch (error) {
      return (error as Error).name;
    }
  },
};

function listenTcp(name: string, port: number): Promise<void> {
  const listener = Deno.listen({ hostname: "0.0.0.0", port });
  void (async () => {
    for await (const connection of listener) {
      const { hostname } = connection.remoteAddr as Deno.NetAddr;
      await connection.write(new TextEncoder().encode(`${name} ${hostname}`)).catch(() => {});
      connection.close();
    }
  })();
  return Promise.resolve();
}

function listenUdp(name: string, port: number): Promise<void> {
  const socket = createSocket("udp4");
  socket.on("message", (_, from) => socket.send(`${name} ${from.address}`, from.port, from.address));
  return new Promise((resolve) => socket.bind(port, "0.0.0.0", resolve));
}

async function askTcp({ address, port, milliseconds = 1000 }: AskInput): Promise<string> {
  const signal = AbortSignal.timeout(milliseconds);
  try {
    using connection = await Deno.connect({ hostname: address, port, signal });
    const bytes = new Uint8Array(1000);
    const read = await connection.read(bytes);
    return new TextDecoder().decode(bytes.subarray(0, read ?? 0));
  } catch (error) {
    if (error instanceof Deno.errors.ConnectionRefused) return "refused";
    if (/unreachable|no route/i.test((error as Error).message)) return "unreachable";
    if (signal.aborted) return "silent";
    throw error;
  }
}

async function askUdp({ address, port, fromPort, milliseconds = 1000 }: AskInput): Promise<string> {
  if (fromPort !== undefined) return await askUdpFrom(fromPort, address, port, milliseconds);
  // Deno does not hand on that a datagram was refused; dd reads one datagram or fails.
  const script = `exec 3<>/dev/udp/${address}/${port}; printf '?' >&3; ` +
    `timeout ${milliseconds / 1000} dd bs=2000 count=1 status=none <&3`;
  const { stdout, stderr } = await new Deno.Command("bash", { args: ["-c", script], stdin: "null" }).output();
  const decoder = new TextDecoder();
  if (decoder.decode(stderr).includes("refused")) return "refused";
  return decoder.decode(stdout) || "silent";
}

function askUdpFrom(fromPort: number, address: string, port: number, milliseconds: number): Promise<string> {
  const socket = createSocket("udp4");
  return new Promise<string>((resolve, reject) => {
    const timer = setTimeout(() => resolve("silent"), milliseconds);
    socket.on("error", reject);
    socket.on("message", (message) => {
      clearTimeout(timer);
      resolve(new TextDecoder().decode(message));
    });
    socket.bind(fromPort, () => socket.send("?", port, address));
  }).finally(() => socket.close());
}

if (import.meta.main) {
  await serveOperations(peerOperations);
  Deno.exit();
}
