import { describe, expect, it } from "vitest";
import { TcpConnection } from "./tcp_connection.ts";

async function pair(): Promise<{ mine: TcpConnection; peer: Deno.TcpConn }> {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const mine = await TcpConnection.connect("127.0.0.1", listener.addr.port, AbortSignal.timeout(5_000));
  return { mine, peer: await listener.accept() };
}

const written = (to: TcpConnection, bytes: Uint8Array) =>
  new Promise<void>((resolve) => to.write(bytes, () => resolve()));

async function count(stream: AsyncIterable<Uint8Array>): Promise<number> {
  let bytes = 0;
  for await (const chunk of stream) bytes += chunk.length;
  return bytes;
}

describe("TcpConnection", () => {
  it("hears the last words of a peer that reset the connection, though writing to it failed first", async () => {
    const { mine, peer } = await pair();
    await written(mine, new Uint8Array(1000));
    await peer.write(new Uint8Array(30_000));
    peer.close();
    for (let i = 0; i < 20; i++) await written(mine, new Uint8Array(1000));
    expect(await count(mine)).toBe(30_000);
    mine.destroy();
  });

  it("leaves the other direction open when one ends", async () => {
    const { mine, peer } = await pair();
    mine.end(new Uint8Array(100_000));
    let received = 0;
    const buffer = new Uint8Array(4096);
    for (let n = await peer.read(buffer); n !== null; n = await peer.read(buffer)) received += n;
    expect(received).toBe(100_000);
    await peer.write(new Uint8Array(5));
    peer.close();
    expect(await count(mine)).toBe(5);
  });

  it("reads no more than is asked for", async () => {
    const { mine, peer } = await pair();
    // Until the kernel's buffers are full, and the peer waits.
    let sent = 0;
    let waiting = false;
    const flood = (async () => {
      for (;;) {
        const timer = setTimeout(() => waiting = true, 500);
        sent += await peer.write(new Uint8Array(65_536)).finally(() => clearTimeout(timer));
      }
    })().catch(() => {});
    mine.once("readable", () => {});
    while (!waiting) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(sent).toBeGreaterThan(0);
    expect(mine.readableLength).toBeLessThan(128 * 1024);
    mine.destroy();
    await flood;
    peer.close();
  });

  it("tells why nobody could be reached", async () => {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = listener.addr;
    listener.close();
    await expect(TcpConnection.connect("127.0.0.1", port, AbortSignal.timeout(5_000))).rejects.toBeInstanceOf(
      Deno.errors.ConnectionRefused,
    );
  });
});
