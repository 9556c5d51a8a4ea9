import * as net from "node:net";
import type { Duplex } from "node:stream";
import * as tls from "node:tls";
import { describe, expect, it } from "vitest";
import { ManualClock, systemClock } from "../api/clock.ts";
import { certificatePem, privateKeyPem, testAuthority, testServerCertificate } from "../tests/fixtures/certificates.ts";
import { joinStreams } from "./join_streams.ts";
import { TcpConnection } from "./tcp_connection.ts";
import { guardTlsSocket } from "./tls_guard.ts";

const FOR_EVER = { clock: systemClock({ background: true }), idleTimeout: 3_600_000 };

/** A TLS server that joins each of its clients with a connection to `backend`. */
async function relay(backend: number, options = FOR_EVER) {
  const certificate = await testServerCertificate(await testAuthority());
  const joined = Promise.withResolvers<void>();
  const server = tls.createServer(
    { cert: certificatePem(certificate), key: await privateKeyPem(certificate) },
    async (client) => {
      guardTlsSocket(client);
      client.allowHalfOpen = true;
      client.pause();
      const there = await TcpConnection.connect("127.0.0.1", backend, AbortSignal.timeout(5_000));
      await joinStreams(client, there, options);
      joined.resolve();
    },
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as net.AddressInfo).port,
    joined: joined.promise,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}

/** A TCP server whose connections `serve` has for itself. */
function backend(serve: (connection: Deno.TcpConn) => Promise<void>) {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const serving = (async () => {
    for await (const connection of listener) await serve(connection);
  })();
  return {
    port: listener.addr.port,
    async [Symbol.asyncDispose]() {
      listener.close();
      await serving;
    },
  };
}

function client(port: number): Promise<tls.TLSSocket> {
  return new Promise((resolve, reject) => {
    const to = { port, host: "127.0.0.1", allowHalfOpen: true, rejectUnauthorized: false };
    const socket = tls.connect(to, () => {
      guardTlsSocket(socket);
      resolve(socket);
    });
    socket.once("error", reject);
  });
}

/** How many bytes come before the end. */
async function count(stream: Duplex): Promise<number> {
  let bytes = 0;
  for await (const chunk of stream) bytes += chunk.length;
  return bytes;
}

async function writeAll(connection: Deno.TcpConn, size: number): Promise<void> {
  const chunk = new Uint8Array(32 * 1024);
  for (let left = size; left > 0;) left -= await connection.write(chunk.subarray(0, Math.min(left, chunk.length)));
}

describe("joinStreams", () => {
  it("delivers a burst whose sender closes at once, over input that it never read", async () => {
    // As much as a closing kernel can have handed over already: the rest it drops itself.
    const SENT = 30_000;
    for (let round = 0; round < 20; round++) {
      await using there = backend(async (connection) => {
        await connection.read(new Uint8Array(1));
        await writeAll(connection, SENT);
        connection.close();
      });
      await using here = await relay(there.port);
      const socket = await client(here.port);
      // It talks on and does not listen, so that what came is still on its way when writing to the sender fails.
      let said = 0;
      const talk = setInterval(() => said++ < 200 && socket.write(new Uint8Array(20_000)), 1);
      while (said < 20) await new Promise((resolve) => socket.write("x", resolve));
      expect(await count(socket)).toBe(SENT);
      clearInterval(talk);
      socket.end();
      await here.joined;
    }
  }, 30_000);

  it("delivers all to a client that reads late, and holds the sender back meanwhile", async () => {
    const SENT = 40_000_000;
    let sentEarly = 0;
    let reading = false;
    await using there = backend(async (connection) => {
      const chunk = new Uint8Array(64 * 1024);
      for (let left = SENT; left > 0;) {
        left -= await connection.write(chunk.subarray(0, Math.min(left, chunk.length)));
        if (!reading) sentEarly = SENT - left;
      }
      connection.close();
    });
    await using here = await relay(there.port);
    const socket = await client(here.port);
    let before = -1;
    // Until nothing moves any more.
    while (sentEarly === 0 || before !== sentEarly) {
      before = sentEarly;
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    reading = true;
    // What the kernels of four sockets hold, not all.
    expect(sentEarly).toBeLessThan(SENT / 2);
    expect(await count(socket)).toBe(SENT);
    socket.end();
    await here.joined;
  }, 30_000);

  it("lets the end of one direction leave the other open", async () => {
    await using there = backend(async (connection) => {
      let received = 0;
      const buffer = new Uint8Array(64 * 1024);
      for (let n = await connection.read(buffer); n !== null; n = await connection.read(buffer)) received += n;
      await writeAll(connection, received);
      connection.close();
    });
    await using here = await relay(there.port);
    const socket = await client(here.port);
    socket.end(new Uint8Array(3_000_000));
    expect(await count(socket)).toBe(3_000_000);
    await here.joined;
  });

  it("lets a side that breaks take the other with it", async () => {
    const ended = Promise.withResolvers<void>();
    await using there = backend(async (connection) => {
      await connection.read(new Uint8Array(1));
      while (await connection.read(new Uint8Array(1024)).catch(() => null) !== null);
      connection.close();
      ended.resolve();
    });
    await using here = await relay(there.port);
    const socket = await client(here.port);
    await new Promise((resolve) => socket.write("x", resolve));
    socket.destroy();
    await ended.promise;
    await here.joined;
  });

  it("notices a client that has gone behind input that nobody takes", async () => {
    const clock = new ManualClock();
    const over = Promise.withResolvers<void>();
    await using there = backend(async (connection) => {
      await over.promise;
      connection.close();
    });
    await using here = await relay(there.port, { clock, idleTimeout: 3_600_000 });
    const socket = await client(here.port);
    socket.on("error", () => {});
    // Until nobody takes any more.
    for (let full = false; !full;) {
      const written = new Promise<void>((resolve) => socket.write(new Uint8Array(1_000_000), () => resolve()));
      full = await Promise.race([
        written,
        new Promise<string>((resolve) => setTimeout(resolve, 500, "full")),
      ]) === "full";
    }
    socket.destroy();
    let joined = false;
    here.joined.then(() => joined = true);
    while (!joined) await clock.advance(5_000);
    over.resolve();
  }, 20_000);

  it("cuts off who does not end after the other has, and who is silent for long", async () => {
    for (const [idleTimeout, closes, passes] of [[60_000, true, 10_000], [60_000, false, 60_000]] as const) {
      const clock = new ManualClock();
      await using there = backend(async (connection) => {
        if (closes) connection.closeWrite();
        while (await connection.read(new Uint8Array(1024)).catch(() => null) !== null);
        connection.close();
      });
      await using here = await relay(there.port, { clock, idleTimeout });
      const socket = await client(here.port);
      socket.on("error", () => {});
      if (closes) await new Promise((resolve) => socket.resume().once("end", resolve));
      while (clock.pending === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      await clock.advance(passes - 1);
      expect(clock.pending).toBe(1);
      await clock.advance(1);
      await here.joined;
      expect(clock.pending).toBe(0);
      socket.destroy();
    }
  });
});
