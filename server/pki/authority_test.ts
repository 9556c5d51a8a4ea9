import { X509Certificate } from "node:crypto";
import { describe, expect, it } from "vitest";
import { createClientCertificateVerifier } from "../../client/verify_client_certificate.ts";
import { extended } from "./authority.ts";
import { certificatesIn, crossSign, issueAuthority, issueLeaf } from "./issue.ts";

const DAY = 86_400_000;
const made = Date.UTC(2026, 5, 1);
const LIFE = 3650 * DAY;
const client = { commonName: "alice", organizations: ["crew"], usage: "client" } as const;

describe("extended", () => {
  const first = issueAuthority("skiff-server-ca@1", made);

  it("makes nothing in the first half of an authority's life, nor when it is over", () => {
    expect(extended(first, made + LIFE / 2)).toBeUndefined();
    expect(extended(first, made + LIFE + 1)).toBeUndefined();
  });

  it("makes one of the same key and name, with the present one behind it", () => {
    const now = made + LIFE / 2 + DAY;
    const certificate = extended(first, now)!;
    const [next, ...others] = certificatesIn(certificate);
    expect(others).toEqual([first.certificate]);
    const [old, young] = [new X509Certificate(first.certificate), new X509Certificate(next!)];
    expect(young.publicKey.equals(old.publicKey)).toBe(true);
    expect([young.subject, young.issuer, young.ca]).toEqual([old.subject, old.subject, true]);
    expect(young.validToDate.getTime()).toBe(now + LIFE);
    expect(young.serialNumber).not.toBe(old.serialNumber);
    expect(extended({ certificate, key: first.key }, now)).toBeUndefined();
  });

  it("has both vouch for what either has signed, until the older one ends", () => {
    const now = made + LIFE / 2 + DAY;
    const next = { certificate: extended(first, now)!, key: first.key };
    const leaves = [issueLeaf(first, client, now), issueLeaf(next, client, now)].map(({ certificate }) =>
      new X509Certificate(certificate)
    );
    for (const known of [first.certificate, certificatesIn(next.certificate)[0]!, next.certificate]) {
      const verify = createClientCertificateVerifier(known, { now: () => now });
      expect(leaves.map((leaf) => verify(leaf).ok)).toEqual([true, true]);
    }
    const late = { now: () => made + LIFE + DAY };
    const leaf = new X509Certificate(issueLeaf(next, client, late.now()).certificate);
    expect(createClientCertificateVerifier(first.certificate, late)(leaf).ok).toBe(false);
    expect(createClientCertificateVerifier(next.certificate, late)(leaf).ok).toBe(true);
  });

  it("keeps those of its key that are over, which join tokens may name, and no more than eight in all", () => {
    let authority = first;
    for (let now = made; now < made + 20 * LIFE; now += LIFE / 4) {
      authority = { certificate: extended(authority, now) ?? authority.certificate, key: first.key };
      expect(certificatesIn(authority.certificate).length).toBeLessThanOrEqual(8);
      expect(new X509Certificate(authority.certificate).validToDate.getTime()).toBeGreaterThan(now + LIFE / 4);
    }
    expect(certificatesIn(authority.certificate).length).toBe(8);
  });

  it("keeps one that vouched for it until that has ended", () => {
    const second = issueAuthority("skiff-server-ca@2", made + LIFE / 4);
    const rotated = {
      certificate: second.certificate + crossSign(second, first) + first.certificate,
      key: second.key,
    };
    const within = certificatesIn(extended(rotated, made + LIFE - DAY)!);
    expect(within.slice(1)).toEqual(certificatesIn(rotated.certificate));
    const after = certificatesIn(extended(rotated, made + LIFE + DAY)!);
    expect(after).not.toContain(first.certificate);
  });

  it("leaves users' own as they are", () => {
    expect(extended(issueAuthority("our company", made), made + LIFE - DAY)).toBeUndefined();
  });
});
