import { X509Certificate } from "node:crypto";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ManualClock } from "../../api/clock.ts";
import { readTokenKeys } from "../apiserver/auth/token_keys.ts";
import { issueSigningKey } from "./issue.ts";
import { kubeconfigText, writeKubeconfig } from "./kubeconfig.ts";
import { openPki, type PkiOptions } from "./pki.ts";
import { rotateAuthority } from "./rotate.ts";

const DAY = 86_400_000;

async function inDirectory(body: (directory: string) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir({ prefix: "skiff-pki-" });
  try {
    await body(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

async function failure(directory: string, options?: PkiOptions): Promise<{ reason: string; message: string }> {
  return await openPki(directory, options).then(
    () => ({ reason: "none", message: "" }),
    (error) => ({ reason: error.reason, message: error.message }),
  );
}

describe("openPki", () => {
  it("makes every certificate, with keys that only the owner reads", () =>
    inDirectory(async (parent) => {
      const directory = join(parent, "server", "tls");
      const pki = await openPki(directory, { names: ["edge-1", "192.0.2.7"] });
      expect((await Deno.stat(directory)).mode! & 0o777).toBe(0o700);
      for await (const file of Deno.readDir(directory)) {
        const mode = (await Deno.stat(join(directory, file.name))).mode! & 0o777;
        expect([file.name, mode]).toEqual([file.name, file.name.endsWith(".key") ? 0o600 : 0o644]);
      }
      const ca = new X509Certificate(pki.clusterCa);
      for (const pair of [pki.serving, pki.admin, pki.kubeletClient]) {
        const certificate = new X509Certificate(pair.certificate);
        expect(certificate.checkIssued(ca) && certificate.verify(ca.publicKey)).toBe(true);
      }
      const serving = new X509Certificate(pki.serving.certificate);
      for (const name of ["kubernetes.default.svc.cluster.local", "localhost", "edge-1"]) {
        expect(serving.checkHost(name)).toBe(name);
      }
      for (const ip of ["127.0.0.1", "10.43.0.1", "192.0.2.7"]) expect(serving.checkIP(ip)).toBe(ip);
      expect(new X509Certificate(pki.admin.certificate).subject).toBe("O=system:masters\nCN=system:admin");
    }));

  it("reuses what it finds", () =>
    inDirectory(async (directory) => {
      const first = await openPki(directory);
      const second = await openPki(directory);
      expect([second.clusterCa, second.serving, second.admin, second.serviceAccountKey])
        .toEqual([first.clusterCa, first.serving, first.admin, first.serviceAccountKey]);
    }));

  it("takes a file of several token keys, whose first is the one that signs", () =>
    inDirectory(async (directory) => {
      const { serviceAccountKey: old } = await openPki(directory);
      const both = `${issueSigningKey()}${old}`;
      await Deno.writeTextFile(join(directory, "service-account.key"), both);
      const { serviceAccountKey } = await openPki(directory);
      expect(serviceAccountKey).toBe(both);
      const keys = readTokenKeys({ text: serviceAccountKey, file: "" });
      expect(keys.verification.map(({ id }) => id)).toContain(readTokenKeys({ text: old, file: "" }).signing.id);
      await Deno.writeTextFile(join(directory, "service-account.key"), "no key");
      expect((await failure(directory)).message).toContain("holds no private key in PEM");
    }));

  it("renews clients' certificates in the last 90 days of their year, servers' four years before their end", () =>
    inDirectory(async (directory) => {
      const clock = new ManualClock();
      const first = await openPki(directory, { clock });
      await clock.advance(274 * DAY);
      expect((await openPki(directory, { clock })).admin).toEqual(first.admin);
      await clock.advance(2 * DAY);
      const later = await openPki(directory, { clock });
      expect(later.admin).not.toEqual(first.admin);
      expect(later.serving).toEqual(first.serving);
      await clock.advance(90 * DAY);
      const last = await openPki(directory, { clock });
      expect(last.serving).not.toEqual(first.serving);
      expect(last.clusterCa).toBe(first.clusterCa);
      // For a machine whose clock is as far ahead.
      expect(new X509Certificate(last.serving.certificate).validToDate.getTime() - clock.now()).toBe(1825 * DAY);
    }));

  it("extends its authorities while it is open, half of their life before they end", () =>
    inDirectory(async (directory) => {
      const clock = new ManualClock();
      const pki = await openPki(directory, { clock });
      const before = { clusterCa: pki.clusterCa, etcd: pki.etcdCa.certificate, proxy: pki.frontProxyCa.certificate };
      await clock.advance(1825 * DAY);
      await pki.renew();
      expect(pki.clusterCa).toBe(before.clusterCa);
      await clock.advance(DAY);
      expect(await pki.renew()).toBe(true);
      expect(pki.clusterCa).toMatch(new RegExp(`^-+BEGIN[^]+${before.clusterCa.replaceAll("+", "\\+")}$`));
      expect(pki.etcdCa.certificate.endsWith(before.etcd)).toBe(true);
      expect(pki.frontProxyCa.certificate.endsWith(before.proxy)).toBe(true);
      expect(await pki.renew()).toBe(false);
      expect((await openPki(directory, { clock })).clusterCa).toBe(pki.clusterCa);
    }));

  it("takes while it is open what `rotate-ca` has put into the files", () =>
    inDirectory(async (directory) => {
      const clock = new ManualClock();
      const pki = await openPki(directory, { clock });
      await rotateAuthority(directory, { now: clock.now() });
      expect(await pki.renew()).toBe(true);
      expect(pki.clusterCa).toBe(await Deno.readTextFile(join(directory, "server-ca.crt")));
      const authority = new X509Certificate(pki.clusterCa);
      for (const { certificate } of [pki.serving, pki.admin, pki.kubeletClient, await pki.issueClient("a", [])]) {
        expect(new X509Certificate(certificate).verify(authority.publicKey)).toBe(true);
      }
    }));

  it("leaves one in use that can be read when the file no longer can", () =>
    inDirectory(async (directory) => {
      const pki = await openPki(directory);
      const { clusterCa } = pki;
      await Deno.writeTextFile(join(directory, "server-ca.crt"), "nonsense");
      await expect(pki.renew()).rejects.toThrow("server-ca.crt");
      expect(pki.clusterCa).toBe(clusterCa);
    }));

  it("renews leaves while it is open, and only when it is time", () =>
    inDirectory(async (directory) => {
      const clock = new ManualClock();
      const pki = await openPki(directory, { clock });
      const { serving, admin, clusterCa } = pki;
      expect(await pki.renew()).toBe(false);
      expect(pki.serving).toEqual(serving);
      await clock.advance(366 * DAY);
      expect(await pki.renew()).toBe(true);
      expect(pki.serving).not.toEqual(serving);
      expect(pki.admin).not.toEqual(admin);
      expect(pki.clusterCa).toBe(clusterCa);
      expect(await pki.renew()).toBe(false);
    }));

  it("makes certificates that outlast a start in 1970, and can be believed by a machine that is still there", () =>
    inDirectory(async (directory) => {
      const pki = await openPki(directory, { clock: new ManualClock(60_000) });
      for (const pem of [pki.clusterCa, pki.serving.certificate, pki.kubeletClient.certificate]) {
        const { validFromDate, validToDate } = new X509Certificate(pem);
        expect(validFromDate.getTime()).toBe(0);
        expect(validToDate.getTime()).toBeGreaterThanOrEqual(Date.UTC(2027, 0, 1));
      }
      expect(await pki.renew()).toBe(false);
    }));

  it("issues the serving certificate anew for a new name", () =>
    inDirectory(async (directory) => {
      const first = await openPki(directory);
      const second = await openPki(directory, { names: ["203.0.113.9"] });
      expect(second.serving).not.toEqual(first.serving);
      expect(second.admin).toEqual(first.admin);
      expect(new X509Certificate(second.serving.certificate).checkIP("203.0.113.9")).toBe("203.0.113.9");
    }));

  it("issues node certificates", () =>
    inDirectory(async (directory) => {
      const pki = await openPki(directory);
      const { client, serving } = await pki.issueNode("edge-1", ["192.0.2.7", "edge-1"]);
      expect(new X509Certificate(client.certificate).subject).toBe("O=system:nodes\nCN=system:node:edge-1");
      expect(new X509Certificate(serving.certificate).subjectAltName).toBe("DNS:edge-1, IP Address:192.0.2.7");
    }));

  it("heals a damaged leaf and an interrupted first start, but no lost authority", () =>
    inDirectory(async (directory) => {
      await openPki(directory);
      await Deno.writeTextFile(join(directory, "serving-kube-apiserver.crt"), "");
      await Deno.remove(join(directory, "client-admin.key"));
      await openPki(directory);
      await Deno.remove(join(directory, "etcd-ca.crt"));
      await openPki(directory);

      await Deno.writeTextFile(join(directory, "server-ca.key"), "nonsense");
      expect(await failure(directory)).toMatchObject({ reason: "damaged" });
      await Deno.copyFile(join(directory, "etcd-ca.key"), join(directory, "server-ca.key"));
      expect(await failure(directory)).toMatchObject({ reason: "damaged" });
      await Deno.remove(join(directory, "server-ca.key"));
      expect(await failure(directory)).toMatchObject({ reason: "keyMissing" });
    }));

  it("refuses an expired authority and a name that is none", () =>
    inDirectory(async (directory) => {
      const clock = new ManualClock();
      expect(await failure(directory, { clock, names: ["no spaces"] })).toMatchObject({
        reason: "badName",
        message: '"no spaces" cannot be a name of a server certificate: give a DNS name or an IP address',
      });
      await clock.advance(3651 * DAY);
      expect(await failure(directory, { clock })).toMatchObject({ reason: "expired" });
    }));
});

describe("kubeconfig and token", () => {
  it("writes a kubeconfig that only its owner reads", () =>
    inDirectory(async (directory) => {
      const path = join(directory, "deep", "skiff.yaml");
      const facts = {
        server: "https://127.0.0.1:6443",
        certificateAuthority: "CA",
        client: { certificate: "CERT", key: "KEY" },
      };
      await writeKubeconfig(path, facts);
      expect(await Deno.readTextFile(path)).toBe(kubeconfigText(facts));
      expect((await Deno.stat(path)).mode! & 0o777).toBe(0o600);
      expect(kubeconfigText(facts)).toContain("client-key-data: S0VZ\n");
    }));
});
