import { createSocket, type Socket } from "node:dgram";
import { type Clock, systemClock } from "../../api/clock.ts";
import { NetworkError } from "../network/error.ts";
import { readMessage, writeMessage } from "./exchange.ts";
import { limitedLog } from "./limited_log.ts";
import type { Resolver } from "./resolver.ts";

export interface DnsServerOptions {
  readonly resolver: Pick<Resolver, "answer">;
  readonly hostname: string;
  /** Tried in order; 0 takes any free one. UDP and TCP have the same. */
  readonly ports: readonly number[];
  readonly clock?: Clock;
}

export interface DnsServer {
  readonly port: number;
  close(): Promise<void>;
}

/** Connections at once; a further one is closed at once. */
const MAX_CONNECTIONS = 128;
/** Milliseconds without a message after which a connection is closed. */
const IDLE = 10_000;
/** Serves DNS on one address. Rejects with a `NetworkError` when none of the ports is free. */
export async function serveDns(options: DnsServerOptions): Promise<DnsServer> {
  const { hostname, ports } = options;
  let cause: unknown;
  for (const wanted of ports) {
    try {
      return await serveOn(options, wanted);
    } catch (error) {
      cause = error;
    }
  }
  const text = `no port of ${ports.join(", ")} is free for DNS on ${hostname}: ${(cause as Error).message}`;
  throw new NetworkError("commandFailed", text, { cause });
}

async function serveOn(
  { resolver, hostname, clock = systemClock({ background: true }) }: DnsServerOptions,
  wanted: number,
) {
  const listener = Deno.listen({ hostname, port: wanted });
  const { port } = listener.addr;
  const complain = limitedLog(clock);
  let closed = false;
  let socket: Socket;
  try {
    socket = await bindUdp(hostname, port);
  } catch (error) {
    listener.close();
    throw error;
  }
  socket.on("message", (message, { address, port }) => {
    const send = (answer: Uint8Array | undefined) => {
      if (answer && !closed) socket.send(answer, port, address, (error) => error && complain(error));
    };
    const answer = resolver.answer(message, "udp");
    if (answer instanceof Promise) answer.then(send, complain);
    else send(answer);
  });
  socket.on("error", complain);

  const connections = new Set<Deno.Conn>();
  const accepting = (async () => {
    while (!closed) {
      let connection: Deno.Conn;
      try {
        connection = await listener.accept();
      } catch (error) {
        if (closed) return;
        complain(error);
        // Out of file descriptors, most likely: trying at once would only burn time.
        await new Promise<void>((resolve) => clock.after(100, resolve));
        continue;
      }
      if (connections.size >= MAX_CONNECTIONS) {
        closeQuietly(connection);
        continue;
      }
      connections.add(connection);
      serveConnection(connection, resolver, clock).catch(complain).finally(() => connections.delete(connection));
    }
  })();

  return {
    port,
    async close() {
      closed = true;
      listener.close();
      for (const connection of connections) closeQuietly(connection);
      await accepting;
      await new Promise<void>((resolve) => socket.close(resolve));
    },
  };
}

function bindUdp(hostname: string, port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createSocket("udp4");
    socket.once("error", reject);
    socket.bind({ address: hostname, port }, () => {
      socket.off("error", reject);
      resolve(socket);
    });
  });
}

/** One query after the other (RFC 7766), until the other side ends or falls silent. */
async function serveConnection(connection: Deno.Conn, resolver: Pick<Resolver, "answer">, clock: Clock): Promise<void> {
  const header = new Uint8Array(2);
  try {
    for (;;) {
      const cancel = clock.after(IDLE, () => closeQuietly(connection));
      try {
        const message = await readMessage(connection, header);
        const answer = message && await resolver.answer(message, "tcp");
        if (!answer) return;
        await writeMessage(connection, answer);
      } finally {
        cancel();
      }
    }
  } catch (error) {
    if (!isDisconnect(error)) throw error;
  } finally {
    closeQuietly(connection);
  }
}

function isDisconnect(error: unknown): boolean {
  const { BadResource, BrokenPipe, ConnectionReset, Interrupted } = Deno.errors;
  return [BadResource, BrokenPipe, ConnectionReset, Interrupted].some((kind) => error instanceof kind);
}

function closeQuietly(connection: Deno.Conn): void {
  try {
    connection.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BadResource)) throw error;
  }
}
