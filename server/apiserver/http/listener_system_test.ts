import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { configMap, Edge } from "./testing/edge.ts";

/** openssl's client, since Deno's reads on even when nobody asks it to, and pretends to be quick. */
async function openssl(edge: Edge, ...more: string[]): Promise<Deno.ChildProcess & { readonly file: string }> {
  const file = await Deno.makeTempFile({ suffix: ".pem" });
  await Deno.writeTextFile(file, edge.pki.admin.certificate + edge.pki.admin.key);
  const child = new Deno.Command("openssl", {
    args: ["s_client", "-quiet", "-connect", `127.0.0.1:${edge.port}`, "-cert", file, "-key", file, ...more],
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  return Object.assign(child, { file });
}

async function write(child: Deno.ChildProcess, text: string): Promise<void> {
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(text));
  writer.releaseLock();
}

async function end(child: Deno.ChildProcess & { readonly file: string }): Promise<void> {
  try {
    child.kill();
  } catch {
    // It has ended by itself.
  }
  await child.stdin.close().catch(() => {});
  await child.stdout.cancel().catch(() => {});
  await child.status;
  await Deno.remove(child.file);
}

const maps = "/api/v1/namespaces/default/configmaps";

describe("a watcher that does not read", () => {
  it("is cut off, and costs no more than its limit until then", async () => {
    await using edge = await Edge.start();
    const client = await openssl(edge);
    await write(client, `GET ${maps}?watch=1 HTTP/1.1\r\nHost: x\r\n\r\n`);
    while (edge.registry.watchers === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    const data = { x: "z".repeat(500_000) };
    for (let i = 0; edge.registry.watchers > 0; i++) {
      if (i > 100) throw new Error("50 MB are waiting for a client that does not read");
      edge.put("configmaps", configMap("a", data));
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect((await edge.fetch(`${maps}/a`)).code).toBe(200);
    await end(client);
  });
});

describe("connections", () => {
  it("that never finish a request's headers are closed", async () => {
    await using edge = await Edge.start({
      listenerLimits: { firstRequestMilliseconds: 200, idleMilliseconds: 60_000 },
    });
    const client = await openssl(edge, "-alpn", "http/1.1", "-ign_eof");
    await write(client, `GET ${maps} HTTP/1.1\r\nHost: x\r\n`);
    await client.status;
    await end(client);
  });

  it("that have been idle for long are closed, over both protocols; busy ones are not", async () => {
    await using edge = await Edge.start({
      listenerLimits: { firstRequestMilliseconds: 60_000, idleMilliseconds: 200 },
    });
    const watch = await edge.open(`${maps}?watch=1`);
    const client = await openssl(edge, "-alpn", "http/1.1", "-ign_eof");
    await write(client, "GET /version HTTP/1.1\r\nHost: x\r\n\r\n");
    await client.status;
    await end(client);
    const h2 = await openssl(edge, "-alpn", "h2", "-ign_eof");
    const settings = "\x00\x00\x00\x04\x00\x00\x00\x00\x00";
    // :method GET, :scheme https, :path /, :authority x
    await write(h2, `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${settings}`);
    const writer = h2.stdin.getWriter();
    await writer.write(new Uint8Array([0, 0, 6, 1, 5, 0, 0, 0, 1, 0x82, 0x87, 0x84, 0x41, 0x01, 0x78]));
    writer.releaseLock();
    await h2.status;
    await end(h2);
    expect(edge.registry.watchers).toBe(1);
    watch.destroy();
  });

  it("beyond the limit are refused", async () => {
    await using edge = await Edge.start({ listenerLimits: { connections: 1 } });
    const first = await edge.open(`${maps}?watch=1`);
    await expect(edge.fetch(maps)).rejects.toThrow();
    first.destroy();
  });

  it("are told by name who signed for the server", async () => {
    await using edge = await Edge.start();
    const ca = join(edge.pki.directory, "server-ca.crt");
    const { code } = await new Deno.Command("openssl", {
      args: [
        "s_client",
        "-connect",
        `127.0.0.1:${edge.port}`,
        "-CAfile",
        ca,
        "-verify_return_error",
        "-verify_hostname",
        "localhost",
      ],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).output();
    expect(code).toBe(0);
  });
});
