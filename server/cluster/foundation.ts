import { join } from "node:path";
import type { Clock } from "../../api/clock.ts";
import { exists } from "./exists.ts";
import { openMember, type OpenMemberOptions } from "../etcd/open_member.ts";
import type { RunningMember } from "../etcd/member.ts";
import { type MemberFile, readMemberFile } from "../etcd/member_file.ts";
import { etcdPaths } from "../etcd/paths.ts";
import type { MetricFamily } from "../apiserver/http/metrics.ts";
import { planEtcd } from "../etcd/plan.ts";
import { type JoinTokens, knownSecret, newSecret, openJoinTokens } from "../join/join_tokens.ts";
import type { ServerBootstrap } from "../join/server_contract.ts";
import type { ServerOptions } from "../options.ts";
import { openPki, type Pki, type PkiOptions } from "../pki/pki.ts";
import { openStore, type Store } from "../store.ts";
import { lockDataDir } from "./data_dir_lock.ts";
import { ClusterError } from "./error.ts";
import { type Joining, openJoining } from "./join.ts";
import { openShared } from "./share.ts";
import { isShared } from "./shared_endpoint.ts";
import { syncAuthorities } from "./shared_authorities.ts";
import { takeSharedFiles } from "./shared_files.ts";
import { checkSettings, sharedSettings } from "./shared_settings.ts";

/** What a server stands on: its datastore, the cluster's secrets, and the etcd that it runs, if it does. */
export interface Foundation {
  readonly store: Store;
  readonly pki: Pki;
  readonly joinTokens: JoinTokens;
  readonly datastore: ServerBootstrap["datastore"];
  readonly member?: RunningMember;
  metrics(): readonly MetricFamily[];
  close(): Promise<void>;
}

export interface FoundationOptions {
  readonly server: ServerOptions;
  readonly pki: PkiOptions;
  readonly clock: Clock;
  /** Ends the waiting for other members. */
  readonly signal: AbortSignal;
}

/** Opens it in the order in which one part needs the other. Rejects, having closed everything. */
export async function openFoundation(options: FoundationOptions): Promise<Foundation> {
  const { server } = options;
  const paths = etcdPaths(server.dataDir);
  const file = await readMemberFile(paths);
  const { init = false, server: joins } = server.cluster ?? {};
  const plan = planEtcd({
    init,
    joins,
    endpoint: server.datastoreEndpoint,
    dataDir: server.dataDir,
    file,
    hasSqlite: await exists(paths.sqlite),
  });
  if (plan.kind === "none") {
    if (!isShared(server.datastoreEndpoint)) return await openAlone(options);
    return await withLock(server.dataDir, () => openOnShared(options, server, "shared"));
  }
  return await withLock(server.dataDir, () => openOnEtcd(options, plan, file));
}

/** Keeps others off the data directory as long as the foundation is open. */
async function withLock(dataDir: string, open: () => Promise<Foundation>): Promise<Foundation> {
  const lock = await lockDataDir(dataDir);
  try {
    const opened = await open();
    return {
      ...opened,
      async close() {
        await opened.close();
        lock.release();
      },
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}

async function openOnEtcd(
  options: FoundationOptions,
  plan: OpenMemberOptions["plan"],
  file: MemberFile | undefined,
): Promise<Foundation> {
  const { server } = options;
  const { init: _, server: __, ...place } = server.cluster ?? {};
  const joining = plan.kind === "join" ? await startJoining(options, plan.server) : undefined;
  try {
    const { clock, signal } = options;
    const member = await openMember({
      plan,
      paths: etcdPaths(server.dataDir),
      dataDir: server.dataDir,
      file,
      serverName: server.name ?? "server",
      place: { address: server.advertiseAddress, clientPort: 2379, peerPort: 2380, ...place },
      ...joining && { joining },
      clock,
      signal,
    });
    try {
      const { endpoint: datastoreEndpoint, tls: datastoreTls } = member;
      const opened = await openOnShared(options, { ...server, datastoreEndpoint, datastoreTls }, "etcd");
      return {
        ...opened,
        member,
        metrics: () => [{
          name: "skiff_etcd_starts_total",
          help: "How often this process has started its etcd; 0 when it found it running.",
          type: "counter",
          values: () => [{ labels: {}, value: member.process.starts }],
        }],
        async close() {
          await opened.close();
          await member.close();
        },
      };
    } catch (error) {
      await member.close();
      throw error;
    }
  } finally {
    joining?.close();
  }
}

/** One server with a store of its own: nothing of it is anybody else's. */
async function openAlone({ server, clock, pki: pkiOptions }: FoundationOptions): Promise<Foundation> {
  const opening = openStore(server, clock);
  // It may fail before anybody waits for it.
  opening.catch(() => {});
  const closeStore = () => opening.then((store) => store.close(), () => {});
  try {
    const serverDir = join(server.dataDir, "server");
    const pki = await openPki(join(serverDir, "tls"), pkiOptions);
    const joinTokens = await openJoinTokens(serverDir, pki.clusterCa, server.joinTokens);
    const store = await opening;
    await store.encryption.load();
    return { store, pki, joinTokens, datastore: "local", metrics: () => [], close: closeStore };
  } catch (error) {
    await closeStore();
    throw error;
  }
}

async function openOnShared(
  { clock, pki: pkiOptions }: FoundationOptions,
  server: ServerOptions,
  kind: "shared" | "etcd",
): Promise<Foundation> {
  const store = await openStore(server, clock);
  try {
    const serverDir = join(server.dataDir, "server");
    const { datastore } = store;
    let known = await knownSecret(serverDir, server.joinTokens);
    const authorities = (now: number) => syncAuthorities({ datastore, serverDir, secret: known, now });
    const { opened: pki, secret } = await openShared({
      datastore,
      serverDir,
      secret: known,
      settings: sharedSettings(server),
      async open(first) {
        await store.encryption.load({ first });
        return await openPki(join(serverDir, "tls"), { ...pkiOptions, authorities });
      },
      newSecret,
    });
    known = secret;
    const joinTokens = await openJoinTokens(serverDir, pki.clusterCa, { ...server.joinTokens, token: secret });
    return { store, pki, joinTokens, datastore: kind, metrics: () => [], close: () => store.close() };
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** Takes the cluster's secrets, which this server's etcd needs before it can talk to the others. */
async function startJoining({ server, clock, signal }: FoundationOptions, first: string): Promise<Joining> {
  const serverDir = join(server.dataDir, "server");
  const joining = await openJoining({ server: first, token: server.joinTokens?.token, clock, signal });
  try {
    const { datastore, settings, files } = joining.bootstrap;
    if (datastore !== "etcd") {
      throw new ClusterError(
        "joinFailed",
        datastore === "shared"
          ? `the servers of the cluster at ${first} share a datastore: start this one with the same --datastore-endpoint and --token, without --server`
          : `the cluster at ${first} keeps its state in SQLite on that server alone: start that once with --cluster-init, which moves it to etcd`,
      );
    }
    checkSettings(sharedSettings(server), settings);
    await takeSharedFiles(serverDir, files);
    return joining;
  } catch (error) {
    joining.close();
    throw error;
  }
}
