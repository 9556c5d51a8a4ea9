/** Stands between a client and a server, so that a test can break their connections without either of them ending. */
export interface TcpProxy {
  readonly port: number;
  /** Breaks all connections, and every new one until {@linkcode TcpProxy.mend}. */
  cut(): void;
  mend(): void;
  /** From now on keeps what the server answers to itself, on the connections that there are. */
  swallowAnswers(): void;
  close(): Promise<void>;
}

interface Pair {
  readonly client: Deno.Conn;
  readonly server: Deno.Conn;
  swallows: boolean;
}

function closeQuietly(connection: Deno.Conn): void {
  try {
    connection.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BadResource)) throw error;
  }
}

export function startProxy(target: number): TcpProxy {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const pairs = new Set<Pair>();
  let isCut = false;

  function end(pair: Pair): void {
    pairs.delete(pair);
    closeQuietly(pair.client);
    closeQuietly(pair.server);
  }

  async function pump(pair: Pair, from: Deno.Conn, to: Deno.Conn): Promise<void> {
    const buffer = new Uint8Array(64 * 1024);
    try {
      for (let count = await from.read(buffer); count !== null; count = await from.read(buffer)) {
        if (from === pair.server && pair.swallows) continue;
        for (let written = 0; written < count;) written += await to.write(buffer.subarray(written, count));
      }
    } catch {
      // Broken by either end, or by the test.
    }
    end(pair);
  }

  async function connect(client: Deno.Conn): Promise<void> {
    if (isCut) return closeQuietly(client);
    try {
      const pair = { client, server: await Deno.connect({ hostname: "127.0.0.1", port: target }), swallows: false };
      pairs.add(pair);
      void pump(pair, pair.client, pair.server);
      void pump(pair, pair.server, pair.client);
    } catch {
      closeQuietly(client);
    }
  }

  const accepting = (async () => {
    for await (const client of listener) void connect(client);
  })();
  const cut = () => {
    isCut = true;
    for (const pair of pairs) end(pair);
  };
  return {
    port: listener.addr.port,
    cut,
    mend: () => void (isCut = false),
    swallowAnswers: () => pairs.forEach((pair) => pair.swallows = true),
    async close() {
      cut();
      listener.close();
      await accepting;
    },
  };
}
