import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { configmaps, deployments, namespaces, pods, services } from "../../api/resources.ts";
import { isForbidden, isNotFound } from "../../api/status.ts";
import type { Deployment } from "../../api/types/apps_v1.ts";
import { fetchClusterCa } from "../../client/cluster_ca.ts";
import { parseClusterToken } from "../../client/cluster_token.ts";
import { createHttpsClient, type HttpsClient } from "../../client/https.ts";
import { readKubeconfig } from "../../client/kubeconfig.ts";
import { testClient } from "../../client/suite_test_cases.ts";
import { systemClock } from "../../api/clock.ts";
import { openDatastore } from "../../datastore/open.ts";
import { AccessControl } from "../../server/apiserver/auth/access.ts";
import { startApiServer } from "../../server/apiserver/http/api_server.ts";
import { openRegistry } from "../../server/apiserver/registry/open.ts";
import { identities } from "../../server/identities.ts";
import { openPki } from "../../server/pki/pki.ts";
import { type RunningServer, startServer } from "../../server/server.ts";
import { retry } from "../e2e/retry.ts";
import { loopbackOptions } from "./server_options.ts";

const ADMIN = { name: "admin", groups: ["system:masters", "system:authenticated"] };

async function start(dataDir: string): Promise<RunningServer> {
  return await startServer(loopbackOptions(dataDir));
}

const web: Deployment = {
  metadata: { name: "web", namespace: "default" },
  spec: {
    replicas: 3,
    selector: { matchLabels: { app: "web" } },
    template: { metadata: { labels: { app: "web" } }, spec: { containers: [{ name: "c", image: "i" }] } },
  },
};

// Without controllers: nobody else changes what the suite made.
testClient("HTTPS, to the API server alone", async () => {
  const dataDir = await Deno.makeTempDir();
  const clock = systemClock();
  const datastore = await openDatastore({ endpoint: "memory://", dataDir });
  const pki = await openPki(dataDir);
  const access = new AccessControl();
  const identity = await identities({ pki, clock, clusterDomain: "cluster.local", access, registry: () => registry });
  const registry = await openRegistry({
    datastore,
    clock,
    tokenIssuer: identity.tokens,
    access,
    reviews: identity.reviews,
  });
  await access.follow(registry);
  const api = await startApiServer({
    registry,
    pki,
    authenticator: identity.authenticator,
    authorizer: access,
    address: "127.0.0.1",
    port: 0,
  });
  const client = createHttpsClient({
    server: `https://127.0.0.1:${api.port}`,
    ca: pki.clusterCa,
    cert: pki.admin.certificate,
    key: pki.admin.key,
  });
  await client.create(namespaces, { metadata: { name: "suite" }, spec: {} });
  return {
    client,
    namespace: "suite",
    close: async () => {
      client[Symbol.dispose]();
      await api.close();
      await registry.close();
      await datastore.close();
      await Deno.remove(dataDir, { recursive: true });
    },
  };
});

describe("a server without an agent", () => {
  let dataDir: string;
  let server: RunningServer;
  let client: HttpsClient;
  beforeAll(async () => {
    dataDir = await Deno.makeTempDir();
    server = await start(dataDir);
    client = createHttpsClient(await readKubeconfig(server.kubeconfig));
  });
  afterAll(async () => {
    client[Symbol.dispose]();
    await server.close();
    await Deno.remove(dataDir, { recursive: true });
  });

  it("shows its authority to strangers, who check it against the hash in their token", async () => {
    const url = `https://127.0.0.1:${server.port}`;
    const token = parseClusterToken(await Deno.readTextFile(`${dataDir}/server/node-token`), "node");
    const ca = await fetchClusterCa(url, token);
    expect(ca).toContain("BEGIN CERTIFICATE");
    const elsewhere = fetchClusterCa(url, { caHash: "0".repeat(64) });
    await expect(elsewhere).rejects.toThrow(/belongs to another cluster than the token/);
    using joining = createHttpsClient({ server: url, ca, token: token.credential });
    expect(isForbidden(await joining.list(namespaces).catch((error) => error))).toBe(true);
    using stranger = createHttpsClient({ server: url, ca, token: "node:guess" });
    expect((await stranger.list(namespaces).catch((error) => error)).status.code).toBe(401);
  });

  it("has what every cluster has", async () => {
    const names = (await client.list(namespaces)).items.map(({ metadata }) => metadata.name);
    expect(names).toEqual(["default", "kube-node-lease", "kube-public", "kube-system"]);
    expect((await client.get(namespaces, { name: "kube-system" })).status?.phase).toBe("Active");
    expect((await client.get(services, { namespace: "default", name: "kubernetes" })).spec.clusterIP).toBe("10.43.0.1");
    await retry("the DNS Service", async () => {
      expect((await client.get(services, { namespace: "kube-system", name: "kube-dns" })).spec.clusterIP).toBe(
        "10.43.0.10",
      );
    });
    expect((await Deno.stat(server.kubeconfig)).mode! & 0o777).toBe(0o600);
  });

  it("makes the Pods of a Deployment, and collects them with it", async () => {
    await client.create(deployments, web);
    await retry("three Pods", async () => {
      expect((await client.list(pods, { namespace: "default", labelSelector: "app=web" })).items.length).toBe(3);
    });
    await client.delete(deployments, { namespace: "default", name: "web" }, { propagationPolicy: "Foreground" });
    await retry("nothing left", async () => {
      expect((await client.list(pods, { namespace: "default" })).items).toEqual([]);
      await expect(client.get(deployments, { namespace: "default", name: "web" })).rejects.toThrow("not found");
    });
  });

  it("empties a namespace that is deleted", async () => {
    await client.create(namespaces, { metadata: { name: "brief" }, spec: {} });
    await client.create(configmaps, { metadata: { name: "c", namespace: "brief" } });
    await client.create(deployments, { ...web, metadata: { name: "web", namespace: "brief" } });
    await client.delete(namespaces, { name: "brief" });
    await retry("it to be gone", async () => {
      const error = await client.get(namespaces, { name: "brief" }).then(() => undefined, (e) => e);
      expect(isNotFound(error)).toBe(true);
    });
    expect((await client.list(configmaps, { namespace: "brief" })).items).toEqual([]);
  });

  it("lets a service account's token read discovery and nothing else", async () => {
    const { token, ca } = await accountToken(server);
    using account = createHttpsClient({ server: `https://127.0.0.1:${server.port}`, ca, token });
    const refused = await account.list(pods, { namespace: "default" }).then(() => undefined, (error) => error);
    expect(isForbidden(refused)).toBe(true);
    expect(refused.message).toBe(
      'pods is forbidden: User "system:serviceaccount:default:default" cannot list resource "pods" in API group "" in the namespace "default"',
    );
  });

  it("has everything again after a restart", async () => {
    await client.create(configmaps, { metadata: { name: "kept", namespace: "default" }, data: { a: "b" } });
    const before = await client.get(configmaps, { namespace: "default", name: "kept" });
    client[Symbol.dispose]();
    await server.close();
    server = await start(dataDir);
    client = createHttpsClient(await readKubeconfig(server.kubeconfig));
    expect(await client.get(configmaps, { namespace: "default", name: "kept" })).toEqual(before);
  });
});

async function accountToken(server: RunningServer): Promise<{ token: string; ca: string }> {
  const { serviceaccounts } = await import("../../api/resources.ts");
  const admin = server.clientOf(ADMIN);
  await retry("the account", () => admin.get(serviceaccounts, { namespace: "default", name: "default" }));
  const request = { metadata: {}, spec: { audiences: [], expirationSeconds: 3600 } };
  const answer = await admin.create(serviceaccounts, request as never, {
    namespace: "default",
    name: "default",
    subresource: "token",
  }) as unknown as { status: { token: string } };
  const root = await retry(
    "the root certificate",
    () => admin.get(configmaps, { namespace: "default", name: "kube-root-ca.crt" }),
  );
  return { token: answer.status.token, ca: root.data!["ca.crt"]! };
}
