import { X509Certificate } from "node:crypto";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ManualClock } from "../../api/clock.ts";
import { createClientCertificateVerifier } from "../../client/verify_client_certificate.ts";
import { inspectCertificates } from "./inspect.ts";
import { certificatesIn, crossSign, issueAuthority } from "./issue.ts";
import { openPki } from "./pki.ts";
import { forgetAuthorities, rotateAuthority, rotateLeaves, serviceCertificates } from "./rotate.ts";

const DAY = 86_400_000;
const clock = new ManualClock();
const now = clock.now();

async function inDirectory(body: (directory: string) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir({ prefix: "skiff-rotate-" });
  try {
    await body(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/** Whether the certificate, with what it brings along, leads to one of these roots. (Go's judgement is in tests/integration.) */
function isTrusted(roots: string, shown: string): boolean {
  const [leaf, ...chain] = certificatesIn(shown).map((text) => new X509Certificate(text));
  const anchors = certificatesIn(roots).map((text) => new X509Certificate(text));
  const isBy = (one: X509Certificate, other: X509Certificate) => one.checkIssued(other) && one.verify(other.publicKey);
  const path = [leaf!, ...chain.filter((one) => isBy(leaf!, one))];
  return path.some((one) => anchors.some((anchor) => isBy(one, anchor)));
}

describe("rotateLeaves", () => {
  it("makes the same certificates with other keys", () =>
    inDirectory(async (directory) => {
      const before = await openPki(directory, { clock, names: ["edge-1", "2001:db8::1"] });
      await rotateLeaves(directory, serviceCertificates["api-server"]!, now);
      const after = await openPki(directory, { clock, names: ["edge-1", "2001:db8::1"] });
      expect(after.admin).toEqual(before.admin);
      for (const name of ["serving", "kubeletClient"] as const) {
        expect(after[name].key).not.toBe(before[name].key);
        const [old, made] = [before[name], after[name]].map(({ certificate }) => new X509Certificate(certificate));
        expect([made!.subject, made!.subjectAltName]).toEqual([old!.subject, old!.subjectAltName]);
      }
    }));

  it("fails without an authority", () =>
    inDirectory(async (directory) => {
      await expect(rotateLeaves(directory, ["client-admin"], now)).rejects.toThrow(
        `there is no ${directory}/server-ca.crt`,
      );
    }));
});

describe("rotateAuthority", () => {
  it("is followed by those who know the old one alone", () =>
    inDirectory(async (directory) => {
      const before = await openPki(directory, { clock });
      await rotateAuthority(directory, { now });
      const after = await openPki(directory, { clock });
      expect(after.serving).not.toEqual(before.serving);
      const [newRoot = ""] = certificatesIn(after.clusterCa);
      // The server's certificate, for clients of before and of now; those of before, for the server.
      expect(isTrusted(before.clusterCa, after.serving.certificate)).toBe(true);
      expect(isTrusted(newRoot, after.serving.certificate)).toBe(true);
      expect(isTrusted(newRoot, before.admin.certificate)).toBe(false);
      const verify = createClientCertificateVerifier(after.clusterCa, clock);
      for (const { admin } of [before, after]) {
        expect(verify(new X509Certificate(admin.certificate)).ok).toBe(true);
      }
      expect(await Deno.readTextFile(join(directory, "server-ca.crt.old"))).toBe(before.clusterCa);
      expect((await Deno.stat(join(directory, "server-ca.key.old"))).mode! & 0o777).toBe(0o600);
    }));

  it("can be done again, and the old ones be forgotten", () =>
    inDirectory(async (directory) => {
      const first = await openPki(directory, { clock });
      await rotateAuthority(directory, { now });
      const second = await openPki(directory, { clock });
      await rotateAuthority(directory, { now });
      const third = await openPki(directory, { clock });
      expect(isTrusted(certificatesIn(second.clusterCa)[0]!, third.serving.certificate)).toBe(true);
      const verify = createClientCertificateVerifier(third.clusterCa, clock);
      expect(verify(new X509Certificate(first.admin.certificate)).ok).toBe(true);
      expect(await forgetAuthorities(directory)).toBe(3);
      const last = await openPki(directory, { clock });
      expect(certificatesIn(last.clusterCa).length).toBe(1);
      const forgetful = createClientCertificateVerifier(last.clusterCa, clock);
      expect(forgetful(new X509Certificate(first.admin.certificate))).toEqual({ ok: false, reason: "untrusted" });
      expect(forgetful(new X509Certificate(last.admin.certificate)).ok).toBe(true);
      // Nothing to be made anew by that alone.
      expect(new X509Certificate(last.serving.certificate).serialNumber)
        .toBe(new X509Certificate(third.serving.certificate).serialNumber);
    }));

  it("takes the user's own when the present one vouches for it", () =>
    inDirectory(async (directory) => {
      await openPki(`${directory}/tls`, { clock });
      const present = {
        certificate: await Deno.readTextFile(`${directory}/tls/server-ca.crt`),
        key: await Deno.readTextFile(`${directory}/tls/server-ca.key`),
      };
      const own = issueAuthority("our company", now);
      const from = `${directory}/own`;
      await Deno.mkdir(from);
      const place = async (certificate: string, key: string) => {
        await Deno.writeTextFile(`${from}/server-ca.crt`, certificate);
        await Deno.writeTextFile(`${from}/server-ca.key`, key);
      };
      await place(own.certificate, own.key);
      await expect(rotateAuthority(`${directory}/tls`, { now, from })).rejects.toThrow(
        "vouches for none of its certificates",
      );
      expect(await Deno.readTextFile(`${directory}/tls/server-ca.crt`)).toBe(present.certificate);
      await place(own.certificate + crossSign(own, present), own.key);
      await rotateAuthority(`${directory}/tls`, { now, from });
      expect(certificatesIn(await Deno.readTextFile(`${directory}/tls/server-ca.crt`)).length).toBe(3);
      const after = await openPki(`${directory}/tls`, { clock });
      expect(isTrusted(present.certificate, after.serving.certificate)).toBe(true);

      const stranger = issueAuthority("stranger", now);
      await place(stranger.certificate, own.key);
      await expect(rotateAuthority(`${directory}/tls`, { now, from })).rejects.toThrow(
        "belongs to another certificate",
      );
      await place(stranger.certificate, stranger.key);
      await rotateAuthority(`${directory}/tls`, { now, from, force: true });
      expect((await openPki(`${directory}/tls`, { clock })).clusterCa).toBe(stranger.certificate);
    }));
});

describe("inspectCertificates", () => {
  it("tells of every certificate what it is for and how long it lasts", () =>
    inDirectory(async (directory) => {
      await openPki(directory, { clock });
      const found = await inspectCertificates(directory, now);
      expect(found.map(({ file, subject, usage, state }) => [file.slice(directory.length + 1), subject, usage, state]))
        .toEqual([
          ["client-admin.crt", "CN=system:admin, O=system:masters", "client", "ok"],
          ["client-kube-apiserver.crt", "CN=kube-apiserver-kubelet-client, O=system:masters", "client", "ok"],
          ["etcd-ca.crt", `CN=skiff-etcd-ca@${now / 1000}`, "authority", "ok"],
          ["front-proxy-ca.crt", `CN=skiff-front-proxy-ca@${now / 1000}`, "authority", "ok"],
          ["server-ca.crt", `CN=skiff-server-ca@${now / 1000}`, "authority", "ok"],
          ["serving-kube-apiserver.crt", "CN=kube-apiserver", "server", "ok"],
        ]);
      const stateOf = async (file: string, time: number) =>
        (await inspectCertificates(directory, time)).find((one) => one.file.endsWith(file))!.state;
      expect(await stateOf("client-admin.crt", now + 300 * DAY)).toBe("ends soon");
      expect(await stateOf("client-admin.crt", now + 400 * DAY)).toBe("expired");
      expect(await stateOf("server-ca.crt", now + 3400 * DAY)).toBe("ends soon");
      await rotateAuthority(directory, { now });
      expect(await stateOf("client-admin.crt", now)).toBe("of an old authority");
      await Deno.writeTextFile(join(directory, "client-admin.crt"), "nonsense");
      expect(await stateOf("client-admin.crt", now)).toBe("unreadable");
      expect(await inspectCertificates(join(directory, "nowhere"), now)).toEqual([]);
    }));
});
