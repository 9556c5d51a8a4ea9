import { Buffer } from "node:buffer";
import * as tls from "node:tls";
import { X509Certificate } from "node:crypto";
import { describe, expect, it } from "vitest";
import {
  certificateDer as der,
  privateKeyPem as privatePem,
  RSA,
  SERVER_AUTH,
  testAuthority as authority,
  testCertificate as client,
  testServerCertificate,
  x509,
} from "../tests/fixtures/certificates.ts";
import { createClientCertificateVerifier } from "./verify_client_certificate.ts";

const NOW = Date.now();
const DAY = 86_400_000;
/** Certificates know whole seconds. */
const SECOND = Math.floor(NOW / 1000) * 1000;
describe("createClientCertificateVerifier", () => {
  it("answers who a client of the authority is", async () => {
    const ca = await authority();
    const verify = createClientCertificateVerifier(ca.certificate.toString("pem"), { now: () => NOW });
    const shown = der(
      await client(ca, {
        subject: [{ O: ["system:masters"] }, { O: ["b,c\nO=d"] }, { CN: ["jané"] }],
        notAfter: SECOND + DAY,
      }),
    );
    const expected = {
      ok: true,
      commonName: "jané",
      organizations: ["system:masters", "b,c\nO=d"],
      notAfter: SECOND + DAY,
    };
    expect(verify(shown)).toEqual(expected);
    expect(verify(new X509Certificate(shown))).toEqual(expected);
  });

  it("takes RSA authorities, several authorities, and certificates for any use", async () => {
    const [first, second] = [await authority("one", RSA), await authority("two")];
    const pem = first.certificate.toString("pem") + "\n" + second.certificate.toString("pem");
    const verify = createClientCertificateVerifier(pem, { now: () => NOW });
    expect(verify(der(await client(first, { algorithm: RSA })))).toMatchObject({ ok: true });
    expect(verify(der(await client(second, { extensions: [] })))).toMatchObject({ ok: true });
    const any = [new x509.ExtendedKeyUsageExtension(["2.5.29.37.0"])];
    expect(verify(der(await client(second, { extensions: any })))).toMatchObject({ ok: true });
  });

  it("says why it refuses", async () => {
    const ca = await authority();
    const impostor = await authority();
    const verify = createClientCertificateVerifier(ca.certificate.toString("pem"), { now: () => NOW });
    const cases: [string, Uint8Array][] = [
      ["untrusted", der(await client(impostor))],
      ["untrusted", der(await client(ca, { issuer: "CN=someone else" }))],
      ["untrusted", der(impostor)],
      ["expired", der(await client(ca, { notAfter: NOW - 1000 }))],
      ["notYetValid", der(await client(ca, { notBefore: NOW + 1000 }))],
      ["wrongUsage", der(await client(ca, { extensions: [new x509.ExtendedKeyUsageExtension([SERVER_AUTH])] }))],
      [
        "unknownCriticalExtension",
        der(await client(ca, { extensions: [new x509.Extension("1.2.3.4", true, new Uint8Array([5, 0]))] })),
      ],
      ["malformed", new Uint8Array([0x30, 0x03, 1, 2, 3])],
      ["malformed", new Uint8Array()],
      ["malformed", der(ca).subarray(0, 100)],
    ];
    for (const [reason, shown] of cases) expect(verify(shown)).toEqual({ ok: false, reason });
  });

  it("refuses one of an authority's clients as soon as it has expired, remembered or not", async () => {
    const ca = await authority();
    let now = NOW;
    const verify = createClientCertificateVerifier(ca.certificate.toString("pem"), { now: () => now });
    const shown = der(await client(ca));
    expect(verify(shown).ok).toBe(true);
    now = NOW + 2 * DAY;
    expect(verify(shown)).toEqual({ ok: false, reason: "expired" });
    now = NOW - 2 * DAY;
    expect(verify(shown)).toEqual({ ok: false, reason: "notYetValid" });
  });

  it("never trusts a certificate in which any one byte was changed", async () => {
    const ca = await authority();
    const verify = createClientCertificateVerifier(ca.certificate.toString("pem"), { now: () => NOW });
    const shown = der(await client(ca));
    for (let i = 0; i < shown.length; i++) {
      const changed = shown.slice();
      changed[i]! ^= 0x01;
      const verdict = verify(changed);
      if (verdict.ok) throw new Error(`accepted with byte ${i} changed`);
    }
  });

  it("wants an authority", async () => {
    const ca = await authority();
    const leaf = await client(ca);
    expect(() => createClientCertificateVerifier("", { now: () => NOW })).toThrow(/no certificate authority/);
    expect(() => createClientCertificateVerifier(leaf.certificate.toString("pem"), { now: () => NOW })).toThrow(
      /no certificate authority among the 1/,
    );
  });

  it("refuses a forged certificate on a resumed TLS session, where Deno calls it authorized", async () => {
    const [ca, impostor] = [await authority(), await authority()];
    const server = await testServerCertificate(ca);
    const forged = await client(impostor, { subject: [{ O: ["system:masters"] }, { CN: ["admin"] }] });
    const verify = createClientCertificateVerifier(ca.certificate.toString("pem"), { now: () => Date.now() });
    const verdicts: unknown[] = [];
    const listener = tls.createServer({
      cert: server.certificate.toString("pem"),
      key: await privatePem(server),
      ca: ca.certificate.toString("pem"),
      requestCert: true,
      rejectUnauthorized: false,
    }, (socket) => {
      const raw = socket.getPeerCertificate(false)?.raw;
      verdicts.push(raw ? verify(new Uint8Array(raw)) : "none shown");
      socket.on("error", () => {});
      socket.end("x");
    });
    await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
    const { port } = listener.address() as { port: number };
    const options = {
      port,
      host: "127.0.0.1",
      servername: "localhost",
      ca: ca.certificate.toString("pem"),
      cert: forged.certificate.toString("pem"),
      key: await privatePem(forged),
      rejectUnauthorized: false,
    };
    let session: Uint8Array | undefined;
    for (let round = 0; round < 3; round++) {
      await new Promise<void>((resolve) => {
        const socket = tls.connect({ ...options, ...(session ? { session: Buffer.from(session) } : {}) });
        socket.on("session", (ticket: Uint8Array) => session = ticket);
        socket.on("error", () => resolve());
        socket.on("close", () => resolve());
        socket.resume();
      });
    }
    await new Promise<void>((resolve) => listener.close(() => resolve()));
    expect(verdicts).toHaveLength(3);
    for (const verdict of verdicts) expect(verdict).not.toMatchObject({ ok: true });
  });
});
