import { Buffer } from "node:buffer";
import type { Duplex } from "node:stream";
import { TcpConnection } from "../../../client/tcp_connection.ts";

/** The runtime's streaming server could not be reached or did not agree. */
export class StreamingError extends Error {
  override readonly name = "StreamingError";
  constructor(readonly reason: "unreachable" | "refused" | "brokenProtocol", message: string, options?: ErrorOptions) {
    super(message, options);
  }
}

const LARGEST_HEAD = 16 * 1024;
const CONNECT_WITHIN = 10_000;

/** Connects to the host of a streaming URL and sends an upgrade request for it. */
export async function sendUpgrade(url: string, headers: Readonly<Record<string, string>>): Promise<TcpConnection> {
  const { hostname, port, host, pathname, search } = new URL(url);
  const address = hostname.replace(/^\[(.*)\]$/, "$1");
  const connection = await TcpConnection.connect(address, Number(port || 80), AbortSignal.timeout(CONNECT_WITHIN))
    .catch((error: Error) => {
      const message = `cannot reach the runtime's streaming server at ${host}: ${error.message}`;
      throw new StreamingError("unreachable", message, { cause: error });
    });
  // Between two owners nobody listens, and an error that nobody hears ends the process.
  connection.on("error", () => {});
  const lines = Object.entries({ host, connection: "Upgrade", "content-length": "0", ...headers });
  connection.write(
    `POST ${pathname}${search} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`,
  );
  return connection;
}

/** A SPDY connection to the runtime, and what it sent right after its answer. Rejects with {@linkcode StreamingError}. */
export async function connectSpdy(
  url: string,
  protocol: string,
): Promise<{ readonly socket: Duplex; readonly first: Uint8Array }> {
  const socket = await sendUpgrade(url, { upgrade: "SPDY/3.1", "x-stream-protocol-version": protocol });
  const { head, rest } = await readHead(socket);
  const [, status = "", reason = ""] = /^HTTP\/1\.1 (\d{3}) ?(.*)/.exec(head) ?? [];
  if (status !== "101") {
    socket.destroy();
    throw new StreamingError("refused", `the runtime's streaming server answered ${status} ${reason}`.trimEnd());
  }
  return { socket, first: rest };
}

function readHead(socket: Duplex): Promise<{ head: string; rest: Uint8Array }> {
  return new Promise((resolve, reject) => {
    let bytes = Buffer.alloc(0);
    function settle(): void {
      socket.pause();
      socket.off("data", data);
      socket.off("end", ended);
      socket.off("error", ended);
    }
    function ended(): void {
      settle();
      socket.destroy();
      reject(new StreamingError("brokenProtocol", "the runtime's streaming server ended the connection"));
    }
    function data(chunk: Uint8Array): void {
      bytes = Buffer.concat([bytes, chunk]);
      const end = bytes.indexOf("\r\n\r\n");
      if (end < 0 && bytes.length < LARGEST_HEAD) return;
      if (end < 0) return ended();
      settle();
      resolve({ head: bytes.subarray(0, end).toString("latin1"), rest: new Uint8Array(bytes.subarray(end + 4)) });
    }
    socket.on("data", data);
    socket.once("end", ended);
    socket.once("error", ended);
  });
}
