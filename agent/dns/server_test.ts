import { describe, expect, it } from "vitest";
import { createSocket } from "node:dgram";
import { decode, encodeAnswer, encodeQuery } from "./_message.ts";
import { readMessage, writeMessage } from "./exchange.ts";
import { serveDns } from "./server.ts";

const resolver = {
  answer: (message: Uint8Array) =>
    message.length < 12 ? undefined : encodeAnswer(message, [{ type: "A", name: "x", ttl: 1, data: "192.0.2.1" }]),
};

describe("serveDns", () => {
  it("answers by UDP and, query after query, by TCP on one port", async () => {
    const server = await serveDns({ resolver, hostname: "127.0.0.1", ports: [0] });
    try {
      const socket = createSocket("udp4");
      const answer = new Promise<Uint8Array>((resolve) => socket.once("message", resolve));
      socket.send(new Uint8Array([1]), server.port, "127.0.0.1");
      socket.send(encodeQuery("x", "A", { id: 9 }), server.port, "127.0.0.1");
      expect(decode(await answer).id).toBe(9);
      await new Promise<void>((resolve) => socket.close(resolve));

      using connection = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
      for (const id of [1, 2, 3]) await writeMessage(connection, encodeQuery("x", "A", { id }));
      for (const id of [1, 2, 3]) expect(decode((await readMessage(connection, new Uint8Array(2)))!).id).toBe(id);
      // Nonsense ends the connection, not the server.
      await writeMessage(connection, new Uint8Array([1, 2, 3]));
      expect(await readMessage(connection, new Uint8Array(2))).toBeUndefined();
    } finally {
      await server.close();
    }
  });

  it("takes the next port when one is taken, and says when none is left", async () => {
    const first = await serveDns({ resolver, hostname: "127.0.0.1", ports: [0] });
    const second = await serveDns({ resolver, hostname: "127.0.0.1", ports: [first.port, 0] });
    expect(second.port).not.toBe(first.port);
    await second.close();
    await expect(serveDns({ resolver, hostname: "127.0.0.1", ports: [first.port] })).rejects.toThrow(`${first.port}`);
    await first.close();
  });

  it("closes connections beyond its limit, and all of them when it is closed", async () => {
    const server = await serveDns({ resolver, hostname: "127.0.0.1", ports: [0] });
    const connections = await Promise.all(
      Array.from({ length: 130 }, () => Deno.connect({ hostname: "127.0.0.1", port: server.port })),
    );
    const ends = connections.map((connection) => connection.read(new Uint8Array(1)).catch(() => null));
    const refused = await Promise.race(ends);
    expect(refused).toBeNull();
    await server.close();
    expect(await Promise.all(ends)).toEqual(connections.map(() => null));
    for (const connection of connections) connection.close();
  });
});
