import type { WebSocket } from "./web_socket.ts";
import type { Clock } from "../../../api/clock.ts";
import { IdleGuard } from "../../../client/idle_guard.ts";
import { SpdyConnection, type SpdyStream } from "./spdy_connection.ts";
import { messageBytes, WebSocketSender } from "./web_socket_pipe.ts";

/** What exec and attach carry. */
export interface RemoteCommand {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly tty: boolean;
}

/**
 * The first is KEP-4006's: its channel 255 closes the channel that its second byte names. Before it a client could not end a command's
 * standard input without ending the connection.
 */
export const REMOTE_COMMAND_PROTOCOLS = ["v5.channel.k8s.io", "v4.channel.k8s.io"] as const;

const CHANNEL = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4, close: 255 };
const NORMAL = 1000;

export interface RemoteCommandOptions {
  readonly clock: Clock;
  readonly idleTimeout: number;
  /** Asked at an end before which nothing was put out: why that may be no success. */
  readonly explainSilence?: () => Promise<Error | undefined>;
}

/**
 * Joins a client's WebSocket and a command that runs behind `url`, the runtime's streaming server, in the SPDY form that every runtime
 * speaks and that can half-close. Resolves when both are closed; failures are told the client as a `Status` on its error channel.
 */
export async function joinRemoteCommand(
  socket: WebSocket,
  url: string,
  command: RemoteCommand,
  options: RemoteCommandOptions,
): Promise<void> {
  // Messages that come before the runtime has answered wait in the socket.
  socket.pause();
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  socket.on("error", () => socket.terminate());
  let connection: SpdyConnection;
  try {
    connection = await SpdyConnection.open(url, "v4.channel.k8s.io");
  } catch (error) {
    tellFailure(socket, error as Error);
    socket.resume();
    return await closed;
  }
  const guard = new IdleGuard(options.clock, options.idleTimeout, () => {
    tellFailure(socket, new Error(`nothing was sent for ${options.idleTimeout / 1000} s`));
    connection.close();
  });
  const sender = new WebSocketSender(socket, {
    hold: () => connection.pause(),
    release: () => connection.resume(),
  });
  let silent = true;
  const receive = (channel: number) => ({
    onData(data: Uint8Array) {
      silent = false;
      guard.touch();
      sender.send(data, channel);
    },
  });

  // The server waits for exactly these before it starts the command; stderr goes into stdout where there is a terminal.
  const open = (streamtype: string, channel?: number): SpdyStream =>
    connection.openStream({ streamtype }, channel === undefined ? {} : receive(channel));
  /** How the command ended, once the runtime has said so. */
  let told: Promise<void> | undefined;
  const tell = async (data: Uint8Array) => {
    const problem = silent ? await options.explainSilence?.() : undefined;
    if (problem) tellFailure(socket, problem);
    else sender.send(data, CHANNEL.error);
  };
  connection.openStream({ streamtype: "error" }, { onData: (data) => void (told = tell(data.slice())) });
  const inputs = new Map<number, SpdyStream>();
  if (command.stdin) inputs.set(CHANNEL.stdin, open("stdin"));
  if (command.stdout) open("stdout", CHANNEL.stdout);
  if (command.stderr && !command.tty) open("stderr", CHANNEL.stderr);
  if (command.tty) inputs.set(CHANNEL.resize, open("resize"));

  connection.onDrain = () => socket.resume();
  connection.onClose = (error) => {
    guard.stop();
    if (error) tellFailure(socket, error);
    // A client takes an end without a word for success.
    else if (!told) {
      tellFailure(socket, new Error("the runtime ended the stream without telling how the command ended"));
    } else void told.then(() => socket.close(NORMAL));
    // What the client still sends is for nobody, but its closing has to be read.
    socket.resume();
  };
  socket.on("message", (data) => {
    guard.touch();
    const message = messageBytes(data);
    const channel = message[0];
    if (channel === CHANNEL.close && socket.protocol === REMOTE_COMMAND_PROTOCOLS[0]) {
      inputs.get(message[1] ?? -1)?.end();
      inputs.delete(message[1] ?? -1);
    } else if (channel !== undefined && inputs.get(channel)?.write(message.subarray(1)) === false) socket.pause();
  });
  connection.resume();
  socket.resume();
  await closed;
  connection.close();
}

/** As the runtime itself tells a command's end: a `Status` on the error channel. */
function tellFailure(socket: WebSocket, error: Error): void {
  if (socket.readyState !== socket.OPEN) return;
  const status = JSON.stringify({
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    message: error.message,
    reason: "InternalError",
    code: 500,
  });
  const text = new TextEncoder().encode(status);
  const message = new Uint8Array(text.length + 1);
  message[0] = CHANNEL.error;
  message.set(text, 1);
  socket.send(message);
  socket.close(NORMAL);
}
