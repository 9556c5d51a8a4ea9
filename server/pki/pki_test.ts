import { X509Certificate } from "node:crypto";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ManualClock } from "../../api/clock.ts";
import { kubeconfigText, writeKubeconfig } from "./kubeconfig.ts";
import { openPki, type PkiOptions } from "./pki.ts";

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

  it("renews leaves in their last 90 days and keeps the authority", () =>
    inDirectory(async (directory) => {
      const clock = new ManualClock();
      const first = await openPki(directory, { clock });
      await clock.advance(274 * DAY);
      expect((await openPki(directory, { clock })).serving).toEqual(first.serving);
      await clock.advance(2 * DAY);
      const later = await openPki(directory, { clock });
      expect(later.clusterCa).toBe(first.clusterCa);
      expect(later.serving).not.toEqual(first.serving);
      expect(later.admin).not.toEqual(first.admin);
    }));

  it("renews leaves while it is open, and only when it is time", () =>
    inDirectory(async (directory) => {
      const clock = new ManualClock();
      const pki = await openPki(directory, { clock });
      const { serving, admin, clusterCa } = pki;
      expect(await pki.renew()).toBe(false);
      expect(pki.serving).toEqual(serving);
      await clock.advance(276 * DAY);
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
