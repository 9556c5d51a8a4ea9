import type { AddressInfo } from "node:net";
import * as tls from "node:tls";
import { describe, expect, it } from "vitest";
import { certificatePem, privateKeyPem, testAuthority, testServerCertificate } from "../tests/fixtures/certificates.ts";
import { guardTlsSocket } from "./tls_guard.ts";

describe("guardTlsSocket", () => {
  it("lets a pause hold the sender back, and the end come after it", async () => {
    const certificate = await testServerCertificate(await testAuthority());
    const options = { cert: certificatePem(certificate), key: await privateKeyPem(certificate) };
    const SENT = 20_000_000;
    let received = 0;
    let waiting = 0;
    const ended = Promise.withResolvers<void>();
    const server = tls.createServer(options, (socket) => {
      socket.allowHalfOpen = true;
      guardTlsSocket(socket);
      socket.on("data", (chunk) => {
        received += chunk.length;
        socket.pause();
        setTimeout(() => {
          waiting = Math.max(waiting, socket.readableLength);
          socket.resume();
        }, 1);
      });
      socket.on("end", () => {
        socket.end("taken");
        ended.resolve();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const to = { port, host: "127.0.0.1", allowHalfOpen: true, rejectUnauthorized: false };
    const client = tls.connect(to, () => {
      client.end(new Uint8Array(SENT));
    });
    let answer = "";
    client.on("data", (chunk) => answer += chunk);
    await ended.promise;
    await new Promise<void>((resolve) => client.once("close", () => resolve()));
    await new Promise<void>((resolve) => server.close(() => resolve()));
    expect([received, answer]).toEqual([SENT, "taken"]);
    expect(waiting).toBeLessThan(1_000_000);
  });
});
