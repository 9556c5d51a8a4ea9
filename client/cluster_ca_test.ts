import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { certificatePem, privateKeyPem, testAuthority, testServerCertificate } from "../tests/fixtures/certificates.ts";
import { fetchClusterCa } from "./cluster_ca.ts";
import { caHashOf } from "./cluster_token.ts";

/** A server that answers this at `/cacerts`. */
async function answering(body: string, use: (server: string) => Promise<void>): Promise<void> {
  const shown = await testServerCertificate(await testAuthority());
  const server = createServer({ cert: certificatePem(shown), key: await privateKeyPem(shown) }, (request, response) => {
    response.writeHead(request.url === "/cacerts" ? 200 : 404).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    await use(`https://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

describe("fetchClusterCa", () => {
  it("answers what the token names and nothing that came along with it", async () => {
    const [present, before, stranger] = await Promise.all([1, 2, 3].map(async () => {
      return `${certificatePem(await testAuthority()).trim()}\n`;
    })) as [string, string, string];
    await answering(present + before, async (server) => {
      expect(await fetchClusterCa(server, { caHash: caHashOf(present) })).toBe(present);
      expect(await fetchClusterCa(server, { caHash: caHashOf(before) })).toBe(before);
      await expect(fetchClusterCa(server, { caHash: caHashOf(stranger) })).rejects.toThrow(
        `belongs to another cluster than the token: its authority's hash is ${caHashOf(present)}`,
      );
      // Whoever names none believes all of it.
      expect(await fetchClusterCa(server, {})).toBe(present + before);
    });
  });

  it("refuses what is no certificate, and answers without end", async () => {
    await answering("hello", async (server) => {
      for (const options of [{}, { caHash: "0".repeat(64) }]) {
        await expect(fetchClusterCa(server, options)).rejects.toThrow("answers no certificate: is it a Skiff server?");
      }
    });
    await answering("x".repeat(65 * 1024), async (server) => {
      await expect(fetchClusterCa(server, {})).rejects.toThrow("answers more than 65536 bytes");
    });
  });
});
