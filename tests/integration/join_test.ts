import { ManualClock, systemClock } from "../../api/clock.ts";
import { X509Certificate } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { JoinError } from "../../agent/join/error.ts";
import { type Membership, openMembership } from "../../agent/join/membership.ts";
import { ServerTime } from "../../agent/join/server_time.ts";
import { certificatesigningrequests, endpointslices, nodes, pods, secrets, services } from "../../api/resources.ts";
import { drain } from "../../cli/stop/drain.ts";
import { openDrainer } from "../../cli/stop/drainer.ts";
import { ClusterCaError } from "../../client/cluster_ca.ts";
import { rotateAuthority } from "../../server/pki/rotate.ts";
import { type RunningServer, startServer } from "../../server/server.ts";
import { retry } from "../e2e/retry.ts";
import { loopbackOptions } from "./server_options.ts";

const DAY = 86_400_000;

/** Another address of a server. */
function forwardTo(port: number): { readonly port: number; close(): void } {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const open = new Set<Deno.Conn>();
  const closed = (async () => {
    for await (const client of listener) {
      const target = await Deno.connect({ hostname: "127.0.0.1", port });
      for (const one of [client, target]) open.add(one);
      client.readable.pipeTo(target.writable).catch(() => {});
      target.readable.pipeTo(client.writable).catch(() => {});
    }
  })();
  closed.catch(() => {});
  return {
    port: listener.addr.port,
    close() {
      listener.close();
      for (const one of open) {
        try {
          one.close();
        } catch {
          // It has ended by itself.
        }
      }
    },
  };
}

describe("a machine that joins", () => {
  let directory: string;
  let server: RunningServer;
  let url: string;
  let token: string;
  let stop: AbortController;
  const members: Membership[] = [];

  beforeEach(async () => {
    directory = await Deno.makeTempDir({ prefix: "skiff-join-" });
    server = await start();
    url = `https://127.0.0.1:${server.port}`;
    token = (await Deno.readTextFile(`${directory}/server/server/node-token`)).trim();
    stop = new AbortController();
  });

  afterEach(async () => {
    stop.abort();
    for (const member of members.splice(0)) await member.closed;
    await server.close();
    await Deno.remove(directory, { recursive: true });
  });

  function start(port = 0): Promise<RunningServer> {
    return startServer(
      loopbackOptions(`${directory}/server`, {
        port,
        tlsSan: ["home"],
        clusterCidr: "10.142.0.0/16",
        serviceCidr: "10.143.0.0/16",
        clusterDns: "10.143.0.10",
        datastoreEndpoint: "memory://",
        kubeconfig: `${directory}/kubeconfig`,
      }),
    );
  }

  const admin = () => server.clientOf({ name: "admin", groups: ["system:masters", "system:authenticated"] });

  async function join(options: Partial<Parameters<typeof openMembership>[0]> = {}): Promise<Membership> {
    const member = await openMembership({
      dataDir: `${directory}/edge-1`,
      nodeName: "edge-1",
      nodeIP: "192.0.2.7",
      server: url,
      token,
      signal: stop.signal,
      ...options,
    });
    members.push(member);
    return member;
  }

  const refusal = (options: Parameters<typeof join>[0]) => join(options).then(() => undefined, (error: Error) => error);
  const exists = (path: string) => Deno.stat(path).then(() => true, () => false);

  it("gets what a node needs, and may do what a node may", async () => {
    const member = await join();
    expect(member.settings).toMatchObject({
      clusterCidr: "10.142.0.0/16",
      serviceCidr: "10.143.0.0/16",
      clusterDns: "10.143.0.10",
      servers: [url],
    });
    const serving = new X509Certificate(member.serving.certificate);
    expect(serving.subjectAltName).toBe("DNS:edge-1, IP Address:192.0.2.7");
    for (const name of ["node.key", "kubelet-client.crt", "kubelet-serving.crt"]) {
      const { mode } = await Deno.stat(`${directory}/edge-1/agent/pki/${name}`);
      expect([name, mode! & 0o777]).toEqual([name, 0o600]);
    }
    const { client } = member;
    const created = await client.create(nodes, { metadata: { name: "edge-1" }, spec: {} });
    expect(created.metadata.name).toBe("edge-1");
    await retry("the Node to have its network", async () => {
      const { spec } = await client.get(nodes, { name: "edge-1" });
      expect(spec?.podCIDR).toBe("10.142.0.0/24");
    });
    for (const list of [client.list(nodes), client.list(services), client.list(endpointslices)]) {
      expect((await list).items.length).toBeGreaterThan(0);
    }
    const forbidden = await client.list(secrets).catch((error) => error.status.reason);
    expect(forbidden).toBe("Forbidden");
  });

  it("is refused by a clear word where token, cluster or machine is the wrong one, and nothing has changed", async () => {
    const dataDir = `${directory}/fresh`;
    const wrongSecret = await refusal({ dataDir, token: token.replace(/::.*/, "::node:wrong") });
    expect(wrongSecret).toMatchObject({ name: "JoinError", reason: "tokenRefused" });
    expect(wrongSecret!.message).toContain("server/node-token");
    const wrongHash = await refusal({ dataDir, token: token.replace(/^S10.{8}/, "S1000000000") });
    expect(wrongHash).toBeInstanceOf(ClusterCaError);
    expect(wrongHash!.message).toContain("belongs to another cluster than the token");
    const noToken = await openMembership({
      dataDir,
      nodeName: "a",
      nodeIP: "192.0.2.7",
      server: url,
      signal: stop.signal,
    }).catch((error) => error);
    expect(noToken).toBeInstanceOf(JoinError);
    expect(await exists(dataDir)).toBe(false);
    expect((await admin().list(certificatesigningrequests)).items).toEqual([]);

    await join();
    const otherMachine = await refusal({ dataDir });
    expect(otherMachine).toMatchObject({ name: "JoinError", reason: "otherMachine" });
    expect(otherMachine!.message).toContain("kubectl delete node edge-1");
    expect((await Array.fromAsync(Deno.readDir(`${dataDir}/agent/pki`))).map(({ name }) => name)).toEqual(["node.key"]);
    expect(await exists(`${dataDir}/agent/cluster.json`)).toBe(false);
    const identity = { namespace: "kube-system", name: "edge-1.node-identity.skiff" };
    await admin().delete(secrets, identity);
    await join({ dataDir });
  });

  it("takes no name that a server of the cluster has", async () => {
    await server.nodeIdentity({ name: "home", addresses: ["home", "127.0.0.1"], keyHash: "00" });
    expect(await refusal({ nodeName: "home" })).toMatchObject({ reason: "otherMachine" });
    expect((await refusal({ nodeName: "kubernetes" }))!.message).toContain("kubernetes is the API server's");
    // An address that is a server's elsewhere keeps nobody out.
    const member = await join({ nodeIP: "127.0.0.1" });
    expect(new X509Certificate(member.serving.certificate).subjectAltName).toBe("DNS:edge-1");
  });

  it("is a member again after a restart, with another address, with its servers away", async () => {
    await join();
    const key = await Deno.readTextFile(`${directory}/edge-1/agent/pki/node.key`);
    const moved = await join({ nodeIP: "192.0.2.99", server: url });
    await retry("a certificate for the new address", async () => {
      expect(new X509Certificate(moved.serving.certificate).checkIP("192.0.2.99")).toBe("192.0.2.99");
    });
    const { port } = server;
    await server.close();
    const alone = await openMembership({
      dataDir: `${directory}/edge-1`,
      nodeName: "edge-1",
      nodeIP: "192.0.2.99",
      server: url,
      signal: stop.signal,
    });
    members.push(alone);
    expect(alone.settings.clusterDns).toBe("10.143.0.10");
    expect(await Deno.readTextFile(`${directory}/edge-1/agent/pki/node.key`)).toBe(key);
    server = await start(port);
    await retry("the returned server to answer its member", async () => {
      expect((await alone.client.list(services)).items.length).toBeGreaterThan(0);
    });
  });

  it("renews its certificates when the servers' time says so, once, and goes on with them", async () => {
    let shift = 0;
    class Shifted extends ServerTime {
      override now(): number {
        return super.now() + shift;
      }
    }
    const first = await join();
    const before = first.serving.certificate;
    stop.abort();
    await first.closed;
    stop = new AbortController();
    shift = 350 * DAY;
    const member = await join({ time: new Shifted(() => Date.now()) });
    const renewed: string[] = [];
    member.onRenewed(({ serving }) => renewed.push(serving.certificate));
    await retry("a new serving certificate", async () => expect(renewed.length).toBe(1));
    expect(renewed[0]).not.toBe(before);
    expect(member.serving.certificate).toBe(renewed[0]);
    expect((await member.client.list(services)).items.length).toBeGreaterThan(0);
    const requests = (await admin().list(certificatesigningrequests)).items;
    expect(requests.length).toBe(4);
    expect(await Deno.readTextFile(`${directory}/edge-1/agent/pki/kubelet-serving.crt`)).toBe(renewed[0]);
  });

  it("learns of another authority while it runs, from a server that the one of before vouches for", async () => {
    const clock = new ManualClock(Date.now());
    const member = await join({ clock });
    const { clusterCa } = member;
    const told: string[] = [];
    member.onRenewed((identity) => told.push(identity.clusterCa));
    const { port } = server;
    await server.close();
    await rotateAuthority(`${directory}/server/server/tls`, { now: Date.now() });
    server = await start(port);
    await retry("the member to look", async () => {
      await clock.advance(3_600_000);
      expect(member.clusterCa).not.toBe(clusterCa);
    });
    expect(member.clusterCa).toBe(await Deno.readTextFile(`${directory}/server/server/tls/server-ca.crt`));
    expect(told.at(-1)).toBe(member.clusterCa);
    expect(await Deno.readTextFile(`${directory}/edge-1/agent/pki/server-ca.crt`)).toBe(member.clusterCa);
    expect((await member.client.list(services)).items.length).toBeGreaterThan(0);
    // A token of before lets machines in all the same: it names an authority that vouches for this one.
    const late = await join({ dataDir: `${directory}/edge-2`, nodeName: "edge-2" });
    expect(late.clusterCa).toBe(member.clusterCa);
  });

  it("goes on with another server when its own does not answer", async () => {
    const forwarder = forwardTo(server.port);
    const member = await join({ server: `https://127.0.0.1:${forwarder.port}` });
    expect([...member.servers.servers].sort()).toEqual([`https://127.0.0.1:${forwarder.port}`, url].sort());
    // Which of the two comes first is chance.
    if (member.servers.current === url) member.servers.failed(url);
    let seen = 0;
    const watching = (async () => {
      for await (const _ of member.client.watch(services, { signal: stop.signal })) seen++;
    })().catch((error) => error.status.reason);
    await retry("the watch to run", async () => expect(seen).toBeGreaterThan(0));
    forwarder.close();
    expect(await watching).toBe("ServiceUnavailable");
    expect(member.servers.current).toBe(url);
    expect((await member.client.list(services)).items.length).toBeGreaterThan(0);
  });

  it("may drain itself by what it keeps, and no other node", async () => {
    const dataDir = `${directory}/edge-1`;
    const member = await join({ dataDir });
    await member.client.create(nodes, { metadata: { name: "edge-1" }, spec: {} });
    await admin().create(pods, {
      metadata: { namespace: "default", name: "web" },
      spec: { nodeName: "edge-1", containers: [{ name: "web", image: "web" }] },
    });
    const { node, client: opened } = await openDrainer({ dataDir });
    using client = opened;
    expect(node).toBe("edge-1");
    const drained = drain(client, { node, timeout: 30_000, clock: systemClock(), tell: () => {} });
    const web = { namespace: "default", name: "web" };
    await retry("the Pod to be told to go", async () => {
      expect((await admin().get(pods, web)).metadata.deletionTimestamp).toBeDefined();
    });
    await member.client.delete(pods, web, { gracePeriodSeconds: 0 });
    expect(await drained).toEqual({ left: [] });
    expect((await admin().get(nodes, { name: "edge-1" })).spec?.unschedulable).toBe(true);
    await expect(openDrainer({ dataDir, nodeName: "edge-2" })).rejects.toThrow(
      "this machine is the node edge-1 and may drain no other",
    );
    await expect(openDrainer({ dataDir: `${directory}/nothing` })).rejects.toThrow("give --kubeconfig");
  });

  it("comes back by its token when the servers do not take its certificate", async () => {
    await join();
    stop.abort();
    for (const member of members.splice(0)) await member.closed;
    stop = new AbortController();
    const path = `${directory}/edge-1/agent/pki/kubelet-client.crt`;
    const certificate = new X509Certificate(await Deno.readTextFile(path));
    // Of the node's key, but from nobody that the cluster trusts.
    const { signRequest } = await import("../../server/pki/sign_request.ts");
    const { issueAuthority } = await import("../../server/pki/issue.ts");
    const { readCertificateRequest } = await import("../../server/pki/certificate_request.ts");
    const { makeCertificateRequest } = await import("../../client/certificate_request.ts");
    const { createPrivateKey } = await import("node:crypto");
    const key = createPrivateKey(await Deno.readTextFile(`${directory}/edge-1/agent/pki/node.key`));
    const request = readCertificateRequest(
      makeCertificateRequest({ commonName: "system:node:edge-1", organizations: ["system:nodes"] }, key),
    );
    const strange = signRequest(
      issueAuthority("stranger", Date.now()),
      request,
      { usages: ["client auth"], lifetime: DAY },
      Date.now(),
    );
    await Deno.writeTextFile(path, strange);
    const member = await join();
    await retry("a certificate that the servers take", async () => {
      const found = await Deno.readTextFile(path);
      expect(found !== strange && found !== certificate.toString()).toBe(true);
      expect((await member.client.list(services)).items.length).toBeGreaterThan(0);
    });
  });
});
