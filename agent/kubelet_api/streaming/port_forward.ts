import type { WebSocket } from "./web_socket.ts";
import type { Clock } from "../../../api/clock.ts";
import { IdleGuard } from "../../../client/idle_guard.ts";
import { SpdyConnection } from "./spdy_connection.ts";
import { connectSpdy } from "./upstream.ts";
import { messageBytes, WebSocketSender } from "./web_socket_pipe.ts";

/** kubectl's form since 1.31 carries a SPDY connection inside the messages; the second is the older one with two channels a port. */
export const PORT_FORWARD_PROTOCOLS = ["SPDY/3.1+portforward.k8s.io", "v4.channel.k8s.io"] as const;

const NORMAL = 1000;
const INTERNAL_ERROR = 1011;

interface Options {
  readonly clock: Clock;
  readonly idleTimeout: number;
}

/** Joins a client's WebSocket and the ports behind `url`, in the protocol the two agreed on. Resolves when both are closed. */
export async function joinPortForward(
  socket: WebSocket,
  url: string,
  ports: readonly number[],
  options: Options,
): Promise<void> {
  socket.pause();
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  socket.on("error", () => socket.terminate());
  try {
    const tunnel = socket.protocol === PORT_FORWARD_PROTOCOLS[0];
    const end = await (tunnel ? unwrap(socket, url, options) : channels(socket, url, ports, options));
    socket.resume();
    await closed;
    end();
  } catch (error) {
    // A close frame's reason has 123 bytes.
    socket.close(INTERNAL_ERROR, (error as Error).message.slice(0, 100));
    socket.resume();
    await closed;
  }
}

/** The messages' bytes are the client's SPDY connection: the runtime gets them as they are. */
async function unwrap(socket: WebSocket, url: string, { clock, idleTimeout }: Options): Promise<() => void> {
  const { socket: runtime, first } = await connectSpdy(url, "portforward.k8s.io");
  const guard = new IdleGuard(clock, idleTimeout, () => runtime.destroy());
  const sender = new WebSocketSender(socket, { hold: () => runtime.pause(), release: () => runtime.resume() });
  if (first.length > 0) sender.send(first);
  runtime.on("data", (data: Uint8Array) => {
    guard.touch();
    sender.send(data);
  });
  runtime.on("end", () => socket.close(NORMAL));
  runtime.on("error", () => runtime.destroy());
  runtime.on("close", () => {
    guard.stop();
    socket.close(NORMAL);
    socket.resume();
  });
  runtime.on("drain", () => socket.resume());
  socket.on("message", (data) => {
    guard.touch();
    if (!runtime.write(messageBytes(data))) socket.pause();
  });
  runtime.resume();
  return () => runtime.destroy();
}

/** Channel 2i carries the data of the i-th port and 2i+1 its errors; each begins with the port's number, the lower byte first. */
async function channels(
  socket: WebSocket,
  url: string,
  ports: readonly number[],
  { clock, idleTimeout }: Options,
): Promise<() => void> {
  const connection = await SpdyConnection.open(url, "portforward.k8s.io");
  const guard = new IdleGuard(clock, idleTimeout, () => connection.close());
  const sender = new WebSocketSender(socket, { hold: () => connection.pause(), release: () => connection.resume() });
  const inputs = ports.map((port, i) => {
    const receive = (channel: number) => ({
      onData(data: Uint8Array) {
        guard.touch();
        sender.send(data, channel);
      },
    });
    const common = { port: String(port), requestid: String(i) };
    const start = Uint8Array.of(port & 0xff, port >> 8);
    sender.send(start, 2 * i);
    sender.send(start, 2 * i + 1);
    connection.openStream({ ...common, streamtype: "error" }, receive(2 * i + 1)).end();
    return connection.openStream({ ...common, streamtype: "data" }, receive(2 * i));
  });
  connection.onDrain = () => socket.resume();
  connection.onClose = () => {
    guard.stop();
    socket.close(NORMAL);
    socket.resume();
  };
  socket.on("message", (data) => {
    guard.touch();
    const message = messageBytes(data);
    const input = message[0] !== undefined && message[0] % 2 === 0 ? inputs[message[0] / 2] : undefined;
    if (input?.write(message.subarray(1)) === false) socket.pause();
  });
  connection.resume();
  return () => connection.close();
}
