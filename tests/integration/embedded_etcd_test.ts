import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemClock } from "../../api/clock.ts";
import { configmaps } from "../../api/resources.ts";
import type { Client } from "../../client/client.ts";
import { createHttpsClient } from "../../client/https.ts";
import { readKubeconfig } from "../../client/kubeconfig.ts";
import { SNAPSHOT_PATH } from "../../server/snapshots/maintenance_routes.ts";
import { askServer } from "../../cli/running_server.ts";
import { resetCluster } from "../../server/etcd/reset.ts";
import type { ServerOptions } from "../../server/options.ts";
import { type RunningServer, startServer } from "../../server/server.ts";
import { retry } from "../e2e/retry.ts";
import { freePort } from "../fixtures/free_port.ts";
import { loopbackOptions } from "./server_options.ts";

const ADMIN = { name: "admin", groups: ["system:masters", "system:authenticated"] };

/** A data directory, and the server that runs on it from time to time. */
class Machine implements AsyncDisposable {
  readonly dataDir = Deno.makeTempDirSync({ prefix: "skiff-etcd-" });
  readonly ports = { clientPort: freePort(), peerPort: freePort() };
  #server: RunningServer | undefined;

  async start(own: Partial<ServerOptions> = {}): Promise<Client> {
    const cluster = { ...this.ports, ...own.cluster };
    this.#server = await startServer(loopbackOptions(this.dataDir, { name: "one", ...own, cluster }));
    return this.#server.clientOf(ADMIN);
  }

  get url(): string {
    return `https://127.0.0.1:${this.#server!.port}`;
  }

  async token(): Promise<string> {
    return (await Deno.readTextFile(`${this.dataDir}/server/token`)).trim();
  }

  async stop(): Promise<void> {
    await this.#server?.close();
    this.#server = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await Deno.remove(this.dataDir, { recursive: true });
  }
}

function configMap(name: string) {
  return { metadata: { namespace: "default", name }, data: {} };
}

async function names(client: Client): Promise<string[]> {
  const { items } = await client.list(configmaps, { namespace: "default" });
  return items.map(({ metadata }) => metadata.name!).filter((name) => name !== "kube-root-ca.crt");
}

describe("a server with an etcd of its own", () => {
  it("takes over what SQLite held, and stays a member without flags", async () => {
    await using machine = new Machine();
    const before = await machine.start();
    const made = await before.create(configmaps, configMap("kept"));
    const token = await machine.token();
    await machine.stop();

    const client = await machine.start({ cluster: { init: true } });
    const found = await client.get(configmaps, { namespace: "default", name: "kept" });
    expect(found.metadata.uid).toBe(made.metadata.uid);
    expect(found.metadata.resourceVersion).toBe(made.metadata.resourceVersion);
    expect(await machine.token()).toBe(token);
    const files = Array.from(Deno.readDirSync(`${machine.dataDir}/server/db`), ({ name }) => name);
    expect(files).toContain("state.db.migrated");
    expect(files).not.toContain("state.db");
    await machine.stop();
    expect(await names(await machine.start())).toEqual(["kept"]);
  });

  it("starts an etcd that has died again, and serves on", async () => {
    await using machine = new Machine();
    const client = await machine.start({ cluster: { init: true } });
    const pid = () => Deno.readTextFile(`${machine.dataDir}/server/db/etcd/etcd.pid`);
    const killed = await pid();
    Deno.kill(Number(killed), "SIGKILL");
    await retry("another etcd", async () => expect(await pid()).not.toBe(killed));
    await retry("writes to go through", () => client.create(configmaps, configMap("after")));
    using https = createHttpsClient(await readKubeconfig(`${machine.dataDir}/kubeconfig`));
    expect(await names(https)).toEqual(["after"]);
  });

  it("goes back to a snapshot, and keeps what it held before aside", async () => {
    await using machine = new Machine();
    const client = await machine.start({ cluster: { init: true } });
    await client.create(configmaps, configMap("before"));
    const snapshot = await Array.fromAsync(askServer(machine.dataDir, { path: SNAPSHOT_PATH }));
    await client.create(configmaps, configMap("later"));
    const reset = () =>
      resetCluster({
        dataDir: machine.dataDir,
        place: { address: "127.0.0.1", ...machine.ports },
        snapshot: async () => new Blob([snapshot.map((line) => `${line}\n`).join("")]).stream(),
        clock: systemClock(),
        signal: AbortSignal.timeout(20_000),
      });
    await expect(reset()).rejects.toThrow("another server runs with");
    await machine.stop();
    const { replaced } = await reset();
    expect((await Deno.stat(replaced!)).isDirectory).toBe(true);
    expect(await names(await machine.start())).toEqual(["before"]);
  });
});

describe("a server that wants to join", () => {
  let first: Machine;
  beforeAll(async () => {
    first = new Machine();
    await first.start({ cluster: { init: true } });
  });
  afterAll(() => first[Symbol.asyncDispose]());

  async function refusal(own: Partial<ServerOptions>, server = first.url): Promise<string> {
    await using machine = new Machine();
    const error = await machine.start({ ...own, cluster: { server } }).catch((error: unknown) => error);
    expect(error).toMatchObject({ name: "ClusterError" });
    // Nothing of the other cluster stays behind.
    const left = await Deno.stat(`${machine.dataDir}/server/tls/server-ca.key`).then(() => true, () => false);
    expect(left).toBe(false);
    return (error as Error).message;
  }

  it("is refused without the cluster's token, or with another one", async () => {
    const token = await first.token();
    expect(await refusal({})).toContain("--server needs the cluster's token");
    expect(await refusal({ joinTokens: { token: "guess" } })).toContain("does not take the token");
    expect(await refusal({ joinTokens: { token: token.replace("::server:", "::node:") } })).toContain(
      "is a token for nodes",
    );
    expect(await refusal({ joinTokens: { token: token.replace(/S10[0-9a-f]{8}/, "S1000000000") } })).toContain(
      "belongs to another cluster than the token",
    );
  });

  it("is refused with other networks, by a server without etcd, and where nobody answers", async () => {
    const joinTokens = { token: await first.token() };
    expect(await refusal({ joinTokens, clusterCidr: "10.99.0.0/16" })).toContain(
      "--cluster-cidr is 10.99.0.0/16 here and 10.42.0.0/16 in the cluster",
    );
    const nobody = `https://127.0.0.1:${freePort()}`;
    expect(await refusal({ joinTokens }, nobody)).toContain(`the server at ${nobody}: connect ECONNREFUSED`);
    await using alone = new Machine();
    await alone.start();
    expect(await refusal({ joinTokens: { token: await alone.token() } }, alone.url)).toContain(
      "start that once with --cluster-init",
    );
  });

  it("is refused on a data directory that another server uses, or that holds a cluster", async () => {
    const second = startServer(loopbackOptions(first.dataDir, { cluster: first.ports }));
    await expect(second).rejects.toThrow("another server runs with");
    await using other = new Machine();
    await other.start();
    await other.stop();
    const joining = other.start({ joinTokens: { token: await first.token() }, cluster: { server: first.url } });
    await expect(joining).rejects.toThrow("holds a cluster of its own");
  });
});
