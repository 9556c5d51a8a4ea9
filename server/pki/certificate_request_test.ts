import { Buffer } from "node:buffer";
import { generateKeyPairSync, sign, X509Certificate } from "node:crypto";
import { describe, expect, it } from "vitest";
import { seededRandom } from "../../api/meta/_seeded_random.ts";
import { certificateRequest } from "../../tests/fixtures/certificate_request.ts";
import { x509 } from "../../tests/fixtures/certificates.ts";
import { readCertificateRequest } from "./certificate_request.ts";
import { bitString, bytes, oid, sequence, TAG, utf8, value } from "../../client/der.ts";
import { PkiError } from "./error.ts";
import { issueAuthority } from "./issue.ts";
import { signRequest } from "./sign_request.ts";

const NOW = Date.UTC(2026, 5, 1);
const hour = 3_600_000;

function pemOf(der: Uint8Array): string {
  return `-----BEGIN CERTIFICATE REQUEST-----\n${
    Buffer.from(der).toString("base64")
  }\n-----END CERTIFICATE REQUEST-----\n`;
}

function derOf(pem: string): Buffer {
  return Buffer.from(pem.replace(/-----[^-]+-----/g, ""), "base64");
}

describe("readCertificateRequest", () => {
  it("reads what another library wrote", async () => {
    const { pem } = await certificateRequest([{ O: ["a"] }, { O: ["b,c"] }, { CN: ["jané"] }], {
      dns: ["n1", "n1.local"],
      ips: ["10.0.0.1", "fd00::1"],
      emails: ["a@b"],
    });
    const { commonName, organizations, names } = readCertificateRequest(pem);
    expect([commonName, organizations]).toEqual(["jané", ["a", "b,c"]]);
    expect(Object.entries(names).map(([kind, list]) => [kind, list.length])).toEqual([
      ["email", 1],
      ["dns", 2],
      ["uri", 0],
      ["ip", 2],
    ]);
  });

  it("refuses a subject that others might read otherwise", () => {
    const requestFor = (id: readonly number[], text: Buffer) => {
      const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
      const subject = sequence(value(TAG.set, sequence(bytes(TAG.oid, ...id), text)));
      const key = publicKey.export({ type: "spki", format: "der" });
      const body = sequence(bytes(TAG.integer, 0), subject, key, value(0xa0));
      const algorithm = sequence(oid("1.2.840.10045.4.3.2"));
      return pemOf(sequence(body, algorithm, bitString(sign("sha256", body, privateKey))));
    };
    const masters = utf8("system:masters");
    expect(readCertificateRequest(requestFor([0x55, 0x04, 0x0a], masters)).organizations).toEqual(["system:masters"]);
    expect(() => readCertificateRequest(requestFor([0x55, 0x04, 0x80, 0x0a], masters))).toThrow(/proper type/);
    const teletex = value(0x14, Buffer.from("system:masters"));
    expect(() => readCertificateRequest(requestFor([0x55, 0x04, 0x0a], teletex))).toThrow(/encoding/);
  });

  it("answers everything else with an error of its own", async () => {
    const der = derOf((await certificateRequest("CN=x,O=y", { dns: ["a"] })).pem);
    for (
      const text of ["", "x", pemOf(new Uint8Array()), pemOf(Buffer.from([0x30, 0x03, 1, 1, 1])), "a".repeat(1_000_000)]
    ) {
      expect(() => readCertificateRequest(text)).toThrow(PkiError);
    }
    const random = seededRandom();
    for (let round = 0; round < 2_000; round++) {
      const mutated = Buffer.from(der);
      for (let i = 0; i <= random.below(3); i++) mutated[random.below(mutated.length)] = random.below(256);
      const cut = random.below(10) === 0 ? mutated.subarray(0, random.below(mutated.length)) : mutated;
      try {
        readCertificateRequest(pemOf(cut));
      } catch (error) {
        if (!(error instanceof PkiError)) throw new Error(`SKIFF_TEST_SEED=${random.seed}`, { cause: error });
      }
    }
  });
});

describe("signRequest", () => {
  const authority = issueAuthority("test", NOW);

  it("takes subject and names over, and usages and lifetime as wanted", async () => {
    const { pem } = await certificateRequest("O=system:nodes,CN=system:node:n1", { dns: ["n1"], ips: ["10.0.0.1"] });
    const signed = (lifetime: number) =>
      signRequest(authority, readCertificateRequest(pem), {
        usages: ["digital signature", "cert sign", "server auth"],
        lifetime,
      }, NOW);
    const certificate = new x509.X509Certificate(signed(hour));
    expect(certificate.subjectName.toJSON()).toEqual([{ O: ["system:nodes"] }, { CN: ["system:node:n1"] }]);
    expect(certificate.getExtension(x509.BasicConstraintsExtension)!.ca).toBe(false);
    const { digitalSignature, keyCertSign } = x509.KeyUsageFlags;
    expect(certificate.getExtension(x509.KeyUsagesExtension)!.usages).toBe(digitalSignature | keyCertSign);
    expect(certificate.getExtension(x509.ExtendedKeyUsageExtension)!.usages).toEqual([
      x509.ExtendedKeyUsage.serverAuth,
    ]);
    expect([certificate.notBefore.getTime(), certificate.notAfter.getTime()]).toEqual([NOW - 300_000, NOW + hour]);
    expect(new X509Certificate(signed(24 * hour)).validToDate.getTime()).toBe(NOW + 24 * hour - 300_000);
    expect(new X509Certificate(signed(20 * 365 * 24 * hour)).validTo).toBe(
      new X509Certificate(authority.certificate).validTo,
    );
    const publicKey = new x509.X509Certificate(authority.certificate).publicKey;
    expect(await certificate.verify({ publicKey, date: new Date(NOW) })).toBe(true);
  });

  it("signs nothing for an authority that has expired", async () => {
    const request = readCertificateRequest((await certificateRequest("CN=x")).pem);
    const late = NOW + 4000 * 24 * hour;
    expect(() => signRequest(authority, request, { usages: [], lifetime: hour }, late)).toThrow(/expired/);
  });
});
