import { describe, expect, it } from "vitest";
import { configmaps, endpoints, leases, serviceaccounts, services } from "../../api/resources.ts";
import type { TokenRequest } from "../../api/types/authentication_v1.ts";
import { createHttpsClient, type HttpsClient } from "../../client/https.ts";
import { readKubeconfig } from "../../client/kubeconfig.ts";
import { startEtcd } from "../../datastore/etcd/testing/test_etcd.ts";
import { startPostgres } from "../../datastore/postgres/testing/test_postgres.ts";
import { type Machine, TestServer } from "../e2e/server_cluster.ts";
import { retry } from "../e2e/retry.ts";
import {
  certificatePem,
  privateKeyPem,
  testAuthority,
  testCertificate,
  testServerCertificate,
} from "../fixtures/certificates.ts";
import { freePort } from "../fixtures/free_port.ts";

/** A datastore that several servers can use, and the flags by which they do. */
interface SharedStore extends AsyncDisposable {
  readonly flags: readonly string[];
}

async function postgres(): Promise<SharedStore> {
  const store = await startPostgres();
  return { flags: [`--datastore-endpoint=${store.newAddress()}`], [Symbol.asyncDispose]: () => store.dispose() };
}

/** By https, with client certificates. */
async function externalEtcd(): Promise<SharedStore> {
  const directory = await Deno.makeTempDir({ prefix: "skiff-tls-" });
  const authority = await testAuthority();
  const [server, client] = await Promise.all([testServerCertificate(authority), testCertificate(authority)]);
  const write = async (name: string, text: string) => {
    await Deno.writeTextFile(`${directory}/${name}`, text);
    return `${directory}/${name}`;
  };
  const caFile = await write("ca.crt", certificatePem(authority));
  const store = await startEtcd({
    tls: {
      caFile,
      certFile: await write("server.crt", certificatePem(server)),
      keyFile: await write("server.key", await privateKeyPem(server)),
    },
  });
  return {
    flags: [
      `--datastore-endpoint=${store.endpoint}`,
      `--datastore-cafile=${caFile}`,
      `--datastore-certfile=${await write("client.crt", certificatePem(client))}`,
      `--datastore-keyfile=${await write("client.key", await privateKeyPem(client))}`,
    ],
    async [Symbol.asyncDispose]() {
      await store.dispose();
      await Deno.remove(directory, { recursive: true });
    },
  };
}

function loopback(address: string): Machine {
  return { address, command: (program, args, options) => new Deno.Command(program, { ...options, args: [...args] }) };
}

class Servers implements AsyncDisposable {
  readonly directory = Deno.makeTempDirSync({ prefix: "skiff-shared-" });
  readonly #port = freePort();
  readonly #clients: HttpsClient[] = [];
  readonly #running = new Set<TestServer<Machine>>();

  /** One more server, at an address of its own. */
  async start(flags: readonly string[], token?: string): Promise<{ server: TestServer<Machine>; client: HttpsClient }> {
    const number = this.#running.size + 1;
    const server = new TestServer(loopback(`127.0.0.${number}`), `${this.directory}/s${number}`, this.#port);
    await server.start(...flags, ...token === undefined ? [] : [`--token=${token}`]);
    this.#running.add(server);
    const client = createHttpsClient(await readKubeconfig(server.kubeconfig));
    this.#clients.push(client);
    return { server, client };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) client.close();
    await Promise.all(Array.from(this.#running, (server) => server.stop()));
    await Deno.remove(this.directory, { recursive: true });
  }
}

/** A server that dies is missed when its Lease has run out, one that stops hands over at once. */
const KINDS = {
  "PostgreSQL": { open: postgres, leave: (server: TestServer<Machine>): Promise<unknown> => server.kill() },
  "an external etcd": { open: externalEtcd, leave: (server: TestServer<Machine>): Promise<unknown> => server.stop() },
} as const;

describe("two servers on one datastore", () => {
  for (const [kind, { open, leave }] of Object.entries(KINDS)) {
    it(`are one cluster on ${kind}`, async () => {
      await using store = await open();
      await using servers = new Servers();
      const flags = [...store.flags, "--service-node-port-range=30000-30039"];
      const one = await servers.start(flags);
      const token = await one.server.token();
      const stranger = new TestServer(loopback("127.0.0.9"), `${servers.directory}/stranger`, freePort());
      expect((await stranger.run(...store.flags)).said).toContain("the datastore belongs to a cluster: give its token");
      expect((await stranger.run(...store.flags, "--token=guess")).said).toContain(
        "the token is not that of the cluster",
      );
      const two = await servers.start(flags, token);

      const authority = (server: TestServer<Machine>) =>
        Deno.readTextFile(`${server.dataDir}/server/tls/server-ca.crt`);
      expect(await authority(two.server)).toBe(await authority(one.server));

      // What one has written the other shows at once, to reads and to watches.
      const stop = new AbortController();
      const seen = (async (): Promise<boolean> => {
        for await (const event of two.client.watch(configmaps, { namespace: "default", signal: stop.signal })) {
          if (event.type === "ADDED" && event.object.metadata.name === "news") return true;
        }
        return false;
      })();
      await one.client.create(configmaps, { metadata: { namespace: "default", name: "news" }, data: {} });
      const news = await two.client.get(configmaps, { namespace: "default", name: "news" });
      await two.client.update(configmaps, { ...news, data: { by: "two" } });
      expect((await one.client.get(configmaps, { namespace: "default", name: "news" })).data).toEqual({ by: "two" });
      expect(await seen).toBe(true);
      stop.abort();

      // As many as there are ports: none goes twice, whoever gives it out.
      const made = await Promise.all(
        Array.from({ length: 40 }, (_, i) =>
          (i % 2 ? one : two).client.create(services, {
            metadata: { namespace: "default", name: `service-${i}` },
            spec: { type: "NodePort", ports: [{ port: 80 }] },
          })),
      );
      expect(new Set(made.map(({ spec }) => spec.ports![0]!.nodePort)).size).toBe(40);

      const account = { namespace: "default", name: "default" };
      const request = { metadata: account, spec: { audiences: [] } } as unknown as TokenRequest;
      const issued = await retry(
        "the account",
        () =>
          one.client.create(serviceaccounts, request as never, {
            name: "default",
            namespace: "default",
            subresource: "token",
          }),
      );
      const bearer = (issued as unknown as TokenRequest).status!.token!;
      using asAccount = createHttpsClient({ server: two.server.url, ca: await authority(two.server), token: bearer });
      const refused = await asAccount.list(configmaps, { namespace: "default" }).catch((error: unknown) => error);
      expect((refused as Error).message).toContain("system:serviceaccount:default:default");

      await retry("both addresses", async () => {
        const { subsets } = await two.client.get(endpoints, { namespace: "default", name: "kubernetes" });
        expect(subsets?.[0]?.addresses?.map(({ ip }) => ip)).toEqual(["127.0.0.1", "127.0.0.2"]);
      });
      const leader = async () =>
        (await two.client.get(leases, { namespace: "kube-system", name: "kube-controller-manager" })).spec
          .holderIdentity ?? "";
      expect(await leader()).toMatch(/^s1_/);
      await leave(one.server);
      await retry("the other one to lead", async () => expect(await leader()).toMatch(/^s2_/));
      await retry("the other one to be gone", async () => {
        const { subsets } = await two.client.get(endpoints, { namespace: "default", name: "kubernetes" });
        expect(subsets?.[0]?.addresses?.map(({ ip }) => ip)).toEqual(["127.0.0.2"]);
      });
    }, 90_000);
  }
});
