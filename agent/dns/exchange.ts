import { createSocket } from "node:dgram";
import { FLAG, type Question, readQuestion, setU16, u16 } from "./wire.ts";

export interface Upstream {
  readonly address: string;
  readonly port: number;
}

/** One question to one name server: by UDP, and by TCP when the answer does not fit. Rejects with the signal's reason. */
export async function exchange(upstream: Upstream, query: Uint8Array, signal: AbortSignal): Promise<Uint8Array> {
  const question = readQuestion(query)!;
  const answer = await askByUdp(upstream, query, question, signal);
  return (u16(answer, 2) & FLAG.TC) !== 0 ? await askByTcp(upstream, query, question, signal) : answer;
}

/** From a port of its own each time, so that nobody guesses where to send a forged answer (RFC 5452). */
function askByUdp(upstream: Upstream, query: Uint8Array, question: Question, signal: AbortSignal): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const socket = createSocket(upstream.address.includes(":") ? "udp6" : "udp4");
    const end = () => {
      signal.removeEventListener("abort", onAbort);
      socket.close();
    };
    const onAbort = () => {
      end();
      reject(signal.reason);
    };
    signal.addEventListener("abort", onAbort, { once: true });
    socket.on("error", (error) => {
      end();
      reject(error);
    });
    socket.on("message", (message, from) => {
      if (from.address !== upstream.address || from.port !== upstream.port) return;
      const answer = new Uint8Array(message);
      if (!isAnswerTo(answer, query, question)) return;
      end();
      resolve(answer);
    });
    socket.send(query, upstream.port, upstream.address);
  });
}

async function askByTcp(
  { address, port }: Upstream,
  query: Uint8Array,
  question: Question,
  signal: AbortSignal,
): Promise<Uint8Array> {
  signal.throwIfAborted();
  const connection = await Deno.connect({ hostname: address, port, signal });
  const onAbort = () => connection.close();
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    await writeMessage(connection, query);
    const answer = await readMessage(connection, new Uint8Array(2));
    if (answer && isAnswerTo(answer, query, question)) return answer;
    throw new Error(`${address}:${port} closed the connection without an answer`);
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener("abort", onAbort);
    if (!signal.aborted) connection.close();
  }
}

function isAnswerTo(answer: Uint8Array, query: Uint8Array, question: Question): boolean {
  if (answer.length < 12 || u16(answer, 0) !== u16(query, 0) || (u16(answer, 2) & FLAG.QR) === 0) return false;
  const echoed = readQuestion(answer);
  return echoed !== undefined && echoed.type === question.type &&
    echoed.labels.join(".").toLowerCase() === question.labels.join(".").toLowerCase();
}

/** With its length before it, as TCP has them (RFC 1035, 4.2.2). */
export async function writeMessage(connection: Deno.Conn, message: Uint8Array): Promise<void> {
  const framed = new Uint8Array(message.length + 2);
  setU16(framed, 0, message.length);
  framed.set(message, 2);
  for (let sent = 0; sent < framed.length;) sent += await connection.write(framed.subarray(sent));
}

/** The next message; undefined at the end of the stream. `header` is two bytes to be written over. */
export async function readMessage(connection: Deno.Conn, header: Uint8Array): Promise<Uint8Array | undefined> {
  if (!await fill(connection, header)) return undefined;
  const message = new Uint8Array(u16(header, 0));
  return await fill(connection, message) ? message : undefined;
}

async function fill(connection: Deno.Conn, bytes: Uint8Array): Promise<boolean> {
  for (let filled = 0; filled < bytes.length;) {
    const read = await connection.read(bytes.subarray(filled));
    if (read === null) return false;
    filled += read;
  }
  return true;
}
