import { X509Certificate } from "node:crypto";
import { describe, expect, it } from "vitest";
import { x509 } from "../../tests/fixtures/certificates.ts";
import { signerFacts } from "./certificate.ts";
import { readAll } from "../../client/der.ts";
import { issueAuthority, issueLeaf } from "./issue.ts";

const NOW = Date.UTC(2026, 5, 1);
const names = ["edge-1", "*.example.org", "192.0.2.7", "::1", "2001:db8::a:0:0:1", "::ffff:192.0.2.1", "fe80::"];

describe("certificates", () => {
  const authority = issueAuthority("test authority", NOW);
  const leaf = issueLeaf(authority, { commonName: "jané", organizations: ["a", "b,c"], usage: "server", names }, NOW);

  it("are what another library reads them to be", async () => {
    const ca = new x509.X509Certificate(authority.certificate);
    const read = new x509.X509Certificate(leaf.certificate);
    expect(read.subjectName.toJSON()).toEqual([{ O: ["a"] }, { O: ["b,c"] }, { CN: ["jané"] }]);
    expect(read.issuer).toBe("CN=test authority");
    expect([read.notBefore.getTime(), read.notAfter.getTime()]).toEqual([0, NOW + 5 * 365 * 86_400_000]);
    expect(await read.verify({ publicKey: ca.publicKey, date: new Date(NOW) })).toBe(true);
    expect(await ca.verify({ date: new Date(NOW) })).toBe(true);
    const [basic, own] = [
      ca.getExtension(x509.BasicConstraintsExtension)!,
      read.getExtension(x509.BasicConstraintsExtension)!,
    ];
    expect([basic.ca, basic.pathLength, basic.critical, own.ca]).toEqual([true, 1, true, false]);
    const { digitalSignature, keyCertSign, keyEncipherment } = x509.KeyUsageFlags;
    expect(ca.getExtension(x509.KeyUsagesExtension)!.usages).toBe(digitalSignature | keyEncipherment | keyCertSign);
    expect(read.getExtension(x509.KeyUsagesExtension)!.usages).toBe(digitalSignature | keyEncipherment);
    expect(read.getExtension(x509.ExtendedKeyUsageExtension)!.usages).toEqual([x509.ExtendedKeyUsage.serverAuth]);
    expect(read.getExtension(x509.AuthorityKeyIdentifierExtension)!.keyId)
      .toBe(ca.getExtension(x509.SubjectKeyIdentifierExtension)!.keyId);
  });

  it("hold names and addresses", () => {
    const read = new X509Certificate(leaf.certificate);
    expect(read.checkHost("edge-1")).toBe("edge-1");
    for (const ip of ["192.0.2.7", "::1", "2001:db8::a:0:0:1", "fe80::"]) {
      expect([ip, read.checkIP(ip)]).toEqual([ip, ip]);
    }
    const alternatives = new x509.X509Certificate(leaf.certificate).getExtension(x509.SubjectAlternativeNameExtension)!;
    expect(alternatives.names.items.map((n) => n.type)).toEqual(["dns", "dns", "ip", "ip", "ip", "ip", "ip"]);
  });

  it("differ in their serial numbers", () => {
    const serials = new Set(
      Array.from({ length: 50 }, () => new X509Certificate(issueAuthority("x", NOW).certificate).serialNumber),
    );
    expect(serials.size).toBe(50);
  });

  it("have years beyond 2049", () => {
    const late = issueAuthority("late", Date.UTC(2045, 0, 1));
    expect(new X509Certificate(late.certificate).validToDate.getUTCFullYear()).toBe(2054);
  });

  it("can be signed by an authority that somebody else made", async () => {
    const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
    const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
    for (const extensions of [[], [await x509.SubjectKeyIdentifierExtension.create(keys.publicKey)]]) {
      const foreign = await x509.X509CertificateGenerator.createSelfSigned({
        name: "C=AT, O=Someone, CN=else",
        notBefore: new Date(NOW),
        notAfter: new Date(NOW + 1e10),
        keys,
        signingAlgorithm: algorithm,
        extensions: [new x509.BasicConstraintsExtension(true), ...extensions],
      });
      const key = x509.PemConverter.encode(await crypto.subtle.exportKey("pkcs8", keys.privateKey), "PRIVATE KEY");
      const issued = issueLeaf(
        { certificate: foreign.toString("pem"), key },
        { commonName: "x", usage: "client" },
        NOW,
      );
      const read = new X509Certificate(issued.certificate);
      const issuer = new X509Certificate(foreign.toString("pem"));
      expect([read.checkIssued(issuer), read.verify(issuer.publicKey)]).toEqual([true, true]);
      // Not longer than who vouches for it.
      expect(read.validToDate.getTime()).toBe(NOW + 1e10);
    }
  });

  it("are not read from anything else", () => {
    for (const junk of [[], [0x30], [0x30, 0x84], [0x30, 2, 0x30, 0], [0x30, 0x82, 1]]) {
      expect(() => signerFacts(Uint8Array.from(junk))).toThrow();
    }
    expect(() => readAll(Uint8Array.of(4, 5, 1))).toThrow(RangeError);
  });
});
