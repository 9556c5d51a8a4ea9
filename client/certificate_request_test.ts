import { createPublicKey, generateKeyPairSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import { keyHashOf, makeCertificateRequest } from "./certificate_request.ts";

const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });

async function openssl(pem: string): Promise<string> {
  const process = new Deno.Command("openssl", {
    args: ["req", "-verify", "-noout", "-subject", "-text", "-nameopt", "RFC2253"],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = process.stdin.getWriter();
  await writer.write(new TextEncoder().encode(pem));
  await writer.close();
  const { stdout, stderr } = await process.output();
  return new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
}

describe("makeCertificateRequest", () => {
  it("makes what OpenSSL reads and verifies", async () => {
    const text = await openssl(
      makeCertificateRequest({
        commonName: "system:node:edge-1",
        organizations: ["system:nodes"],
        names: ["edge-1", "10.0.0.7", "2001:db8::7"],
      }, privateKey),
    );
    expect(text).toContain("verify OK");
    expect(text).toContain("subject=CN=system:node:edge-1,O=system:nodes");
    expect(text).toContain("DNS:edge-1, IP Address:10.0.0.7, IP Address:2001:DB8:0:0:0:0:0:7");
  });

  it("asks for no names where none are wanted", async () => {
    const text = await openssl(makeCertificateRequest({ commonName: "a", organizations: [] }, privateKey));
    expect(text).toContain("verify OK");
    expect(text).not.toContain("Subject Alternative Name");
  });

  it("refuses what no certificate can name", () => {
    const wanted = { commonName: "a", organizations: [], names: ["a b"] };
    expect(() => makeCertificateRequest(wanted, privateKey)).toThrow('"a b" cannot be a name');
  });
});

describe("keyHashOf", () => {
  it("is the same for both halves of a key, and another for another key", () => {
    expect(keyHashOf(privateKey)).toBe(keyHashOf(publicKey));
    expect(keyHashOf(createPublicKey(privateKey.export({ type: "pkcs8", format: "pem" })))).toBe(keyHashOf(publicKey));
    expect(keyHashOf(generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey)).not.toBe(keyHashOf(publicKey));
  });
});
