/**
 * Run as a program with `--v8-flags=--expose-gc`: serves HTTP/2 over TLS to as many connections as the first argument says. Each makes
 * eight requests, says GOAWAY and goes, while garbage is collected all the time. Prints how many connections were
 * answered. With `unguarded` as the second argument without the guard, which does not survive it.
 */
import http2 from "node:http2";
import type { AddressInfo } from "node:net";
import tls from "node:tls";
import {
  certificatePem,
  privateKeyPem,
  testAuthority,
  testServerCertificate,
} from "../../tests/fixtures/certificates.ts";
import { installHttp2Guard } from "../http2_guard.ts";

const [count = "2000", mode] = Deno.args;
const AT_ONCE = 16;
const STREAMS = 8;

if (mode !== "unguarded") installHttp2Guard();
const collect = (globalThis as { gc?: () => void }).gc;
if (collect === undefined) throw new Error("run it with --v8-flags=--expose-gc");

function frame(type: number, flags: number, stream: number, ...payload: number[]): number[] {
  return [0, payload.length >> 8, payload.length & 255, type, flags, 0, 0, 0, stream, ...payload];
}

const SETTINGS = frame(4, 0, 0);
const ACKNOWLEDGED = frame(4, 1, 0);
const GOAWAY = frame(7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
/** :method GET, :scheme https, :path /, :authority x in HPACK; the stream ends. */
const requests = Array.from({ length: STREAMS }, (_, i) => frame(1, 5, 2 * i + 1, 0x82, 0x87, 0x84, 0x41, 0x01, 0x78));
const preface = new TextEncoder().encode("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
const opening = new Uint8Array([...preface, ...SETTINGS, ...ACKNOWLEDGED, ...requests.flat()]);
const closing = new Uint8Array(GOAWAY);

const authority = await testAuthority();
const certificate = await testServerCertificate(authority);
const body = "x".repeat(2000);
const server = http2.createSecureServer({
  cert: certificatePem(certificate),
  key: await privateKeyPem(certificate),
}, (_request, response) => {
  response.writeHead(200);
  response.end(body);
});
server.on("sessionError", () => {});
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
const { port } = server.address() as AddressInfo;
const collecting = setInterval(collect, 5);

/** True when all of its requests were answered. */
function connection(): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const options = {
    port,
    host: "127.0.0.1",
    servername: "localhost",
    rejectUnauthorized: false,
    ALPNProtocols: ["h2"],
  };
  const socket = tls.connect(options, () => socket.write(opening));
  let received = 0;
  socket.on("data", (chunk) => {
    received += chunk.length;
    if (received >= STREAMS * body.length && !socket.writableEnded) socket.end(closing);
  });
  socket.on("error", () => {});
  socket.on("close", () => resolve(received >= STREAMS * body.length));
  return promise;
}

let answered = 0;
for (let done = 0; done < Number(count); done += AT_ONCE) {
  const all = await Promise.all(Array.from({ length: Math.min(AT_ONCE, Number(count) - done) }, connection));
  answered += all.filter(Boolean).length;
}
clearInterval(collecting);
console.log(`answered ${answered}`);
Deno.exit(0);
