import tls from "node:tls";
import { describe, expect, it } from "vitest";
import {
  certificatePem,
  privateKeyPem,
  testAuthority,
  testServerCertificate,
} from "../../tests/fixtures/certificates.ts";
import { createSimulatedRuntime } from "../runtime/simulated/simulated_runtime.ts";
import { systemClock } from "../../api/clock.ts";
import { startKubeletApi } from "./kubelet_api.ts";
import { directoryOf } from "./testing/node_api.ts";

describe("the node's API", () => {
  it("shows a renewed certificate to connections from then on", async () => {
    const authority = await testAuthority();
    const ca = certificatePem(authority);
    const pair = async () => {
      const issued = await testServerCertificate(authority);
      return { certificate: certificatePem(issued), key: await privateKeyPem(issued) };
    };
    const [first, second] = [await pair(), await pair()];
    const api = await startKubeletApi({
      nodeName: "node-1",
      address: "127.0.0.1",
      port: 0,
      tls: { cert: first.certificate, key: first.key, clientCa: ca },
      pods: directoryOf([]),
      runtime: createSimulatedRuntime({ clock: systemClock({ background: true }) }),
    });
    const shown = () =>
      new Promise<string>((resolve, reject) => {
        const socket = tls.connect({ host: "127.0.0.1", port: api.port, rejectUnauthorized: false }, () => {
          resolve(new Uint8Array(socket.getPeerCertificate(false).raw).toBase64());
          socket.destroy();
        });
        socket.on("error", reject);
      });
    const der = (pem: string) => pem.replace(/-----[^-]+-----|\s/g, "");
    try {
      expect(await shown()).toBe(der(first.certificate));
      api.setTls({ cert: second.certificate, key: second.key, clientCa: ca });
      expect(await shown()).toBe(der(second.certificate));
    } finally {
      await api.close();
    }
  });
});
