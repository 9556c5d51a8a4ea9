import { X509Certificate } from "node:crypto";
import { Agent, request } from "node:https";
import tls from "node:tls";
import { describe, expect, it } from "vitest";
import { ManualClock, systemClock } from "../../../api/clock.ts";
import { certificatesIn } from "../../pki/issue.ts";
import { openPki } from "../../pki/pki.ts";
import { clientCertificateAuthenticator } from "../auth/client_certificates.ts";
import { unionAuthenticator } from "../auth/authenticator.ts";
import { startApiServer } from "./api_server.ts";
import { MemoryRegistry } from "./testing/memory_registry.ts";

const AGE = 1830 * 86_400_000;

describe("a renewed certificate", () => {
  for (const http1Only of [false, true]) {
    it(`is shown to new connections, while the others go on, ${http1Only ? "over HTTP/1.1 alone" : "with HTTP/2"}`, async () => {
      const directory = await Deno.makeTempDir({ prefix: "skiff-renewed-" });
      const clock = new ManualClock(Date.now());
      const pki = await openPki(directory, { clock });
      const server = await startApiServer({
        registry: new MemoryRegistry(),
        pki,
        address: "127.0.0.1",
        port: 0,
        http1Only,
        authenticator: unionAuthenticator([clientCertificateAuthenticator(() => pki.clusterCa, systemClock())]),
        authorizer: { authorize: () => ({ allowed: true }) },
      });
      const { certificate, key } = pki.admin;
      const agent = new Agent({ keepAlive: true, ca: pki.clusterCa, cert: certificate, key });
      try {
        const old = pki.clusterCa;
        const before = await serialAt(server.port, old);
        const first = await get(server.port, agent);
        // Certificates are valid from the epoch on: those of later serve those who are still here.
        await clock.advance(AGE);
        expect(await pki.renew()).toBe(true);
        server.useRenewed();
        expect(certificatesIn(pki.clusterCa).length).toBe(2);
        // By those who know the authority of before, of now, or both.
        for (const ca of [old, certificatesIn(pki.clusterCa)[0]!, pki.clusterCa]) {
          const after = await serialAt(server.port, ca);
          expect(after).toBe(new X509Certificate(pki.serving.certificate).serialNumber);
          expect(after).not.toBe(before);
          const renewed = new Agent({ ca, cert: pki.admin.certificate, key: pki.admin.key });
          expect((await get(server.port, renewed))[0]).toBe(first[0]);
          renewed.destroy();
        }
        expect(await get(server.port, agent)).toEqual(first);
      } finally {
        agent.destroy();
        await server.close();
        await Deno.remove(directory, { recursive: true });
      }
    });
  }
});

function serialAt(port: number, ca: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = tls.connect({ host: "127.0.0.1", port, ca }, () => {
      resolve(new X509Certificate(socket.getPeerCertificate(false).raw).serialNumber);
      socket.destroy();
    });
    socket.on("error", reject);
  });
}

/** The status, and the client's port: the same as long as it is the same connection. */
function get(port: number, agent: Agent): Promise<readonly [number | undefined, number | undefined]> {
  return new Promise((resolve, reject) => {
    request({ host: "127.0.0.1", port, path: "/version", agent }, (answer) => {
      const { localPort } = answer.socket;
      answer.resume();
      answer.on("end", () => resolve([answer.statusCode, localPort]));
    }).on("error", reject).end();
  });
}
