import { getLogger } from "@logtape/logtape";
import { X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import { type Clock, systemClock } from "../../api/clock.ts";
import { fnv32a } from "../../api/meta/hash.ts";
import { StatusError } from "../../api/status.ts";
import type { Client } from "../../client/client.ts";
import { caHashOf } from "../../client/cluster_token.ts";
import { createHttpsClient, type HttpsClient } from "../../client/https.ts";
import { type Connection, type ConnectionSource, HttpsTransport } from "../../client/https_transport.ts";
import type { ClusterSettings } from "../../client/node_config.ts";
import { pause } from "../../client/pause.ts";
import { ServerPool } from "../../client/server_pool.ts";
import { askClusterCa, askConfig } from "./ask_server.ts";
import { clockAdvice } from "./clock_advice.ts";
import { JoinError } from "./error.ts";
import { joinCluster, requestServing, tokenOf } from "./join_cluster.ts";
import { MemberFiles, type SavedMember } from "./member_files.ts";
import { isDue, nextLook, validityOf } from "./renewal.ts";
import { requestCertificate } from "./request_certificate.ts";
import { ServerTime } from "./server_time.ts";

export interface MembershipOptions {
  /** Absolute. */
  readonly dataDir: string;
  readonly nodeName: string;
  readonly nodeIP: string;
  /** Where the agent asks first: `https://HOST:6443`. */
  readonly server: string;
  /** Needed to join, and where the node's own certificate is refused. */
  readonly token?: string;
  readonly clock?: Clock;
  /** One that learns of the servers' time by itself unless given. */
  readonly time?: ServerTime;
  readonly signal: AbortSignal;
}

/** A certificate and its key, PEM. */
interface Pair {
  readonly certificate: string;
  readonly key: string;
}

const logger = getLogger(["skiff", "agent", "join"]);

/**
 * Opens the machine's membership of a cluster: as it was saved, or by joining. With a saved one no server need be there. Rejects with a
 * {@linkcode JoinError}, or the signal's reason.
 */
export async function openMembership(options: MembershipOptions): Promise<Membership> {
  const clock = options.clock ?? systemClock();
  const files = new MemberFiles(options.dataDir);
  const time = options.time ?? new ServerTime(() => clock.now());
  const saved = await files.load();
  if (saved !== undefined && options.token !== undefined) requireSameCluster(saved, options.token, options.dataDir);
  if (saved === undefined && options.token === undefined) {
    throw new JoinError(
      "noToken",
      "joining a cluster takes --token: the line in the file server/node-token of a server's data directory",
    );
  }
  const member = saved ?? await joinCluster({ ...options, token: options.token!, files, time, clock });
  return new Membership(options, member, { files, time, clock, look: saved !== undefined });
}

function requireSameCluster({ clusterCa }: SavedMember, token: string, dataDir: string): void {
  const { caHash } = tokenOf(token);
  if (
    caHash === undefined || clusterCa.split(/(?<=-----END CERTIFICATE-----\n)/).some((pem) => hashIn(pem) === caHash)
  ) {
    return;
  }
  throw new JoinError(
    "otherCluster",
    `this machine is a node of another cluster than the token's: its authority's hash is ${
      caHashOf(clusterCa)
    }, the token's ${caHash}. ` +
      `To move it, drain and delete its Node there, remove ${dataDir}/agent, and start the agent again`,
  );
}

function hashIn(pem: string): string | undefined {
  return pem.includes("BEGIN CERTIFICATE") ? caHashOf(pem) : undefined;
}

interface Parts {
  readonly files: MemberFiles;
  readonly time: ServerTime;
  readonly clock: Clock;
  /** Whether the servers are to be asked at once, and not only when it is time. */
  readonly look: boolean;
}

/** This machine as a member of its cluster: who it is there, where the servers are, and all of that kept up to date until the signal aborts. */
export class Membership implements ConnectionSource {
  readonly client: Client;
  readonly settings: ClusterSettings;
  readonly servers: ServerPool;
  /** What servers go by: for whatever compares with certificates' dates. */
  readonly time: ServerTime;
  /** Resolves when the signal has aborted and nothing is written any more. */
  readonly closed: Promise<void>;
  readonly #options: MembershipOptions;
  readonly #files: MemberFiles;
  readonly #clock: Clock;
  readonly #client: HttpsClient;
  readonly #transport: HttpsTransport;
  readonly #spread: number;
  readonly #listeners: ((identity: Pick<Membership, "clusterCa" | "serving">) => void)[] = [];
  #member: SavedMember;
  #connection: Connection;
  /** Whether the node's address was refused as a name to serve under. */
  #nameAlone = false;
  /** When certificates were got in this run, by the machine's steady clock. */
  readonly #gotAt = new Map<"client" | "serving", number>();

  constructor(options: MembershipOptions, member: SavedMember, { files, time, clock, look }: Parts) {
    this.#options = options;
    this.#member = member;
    this.#files = files;
    this.#clock = clock;
    this.time = time;
    this.settings = member.config;
    this.#spread = fnv32a(options.nodeName) / 2 ** 32;
    this.servers = new ServerPool(this.#serverList(), clock);
    this.#connection = this.#connect();
    const source = { server: this.servers.current, source: this, userAgent: "agent" };
    this.client = this.#client = createHttpsClient(source);
    this.#transport = new HttpsTransport(source);
    this.closed = this.#keep(look);
  }

  /** Of the cluster, PEM. */
  get clusterCa(): string {
    return this.#member.clusterCa;
  }

  get serving(): Pair {
    return { certificate: this.#member.serving, key: this.#member.key.pem };
  }

  /** Calls back with later serving certificates and authorities. */
  onRenewed(use: (identity: Pick<Membership, "clusterCa" | "serving">) => void): void {
    this.#listeners.push(use);
  }

  current(): Connection {
    if (this.#connection.server !== this.servers.current) this.#connection = this.#connect();
    return this.#connection;
  }

  /** As {@linkcode current}, for a server that need not be the present one. */
  connectionTo(server: string): Connection {
    return { ...this.#connection, server };
  }

  /** Somebody knows where all servers are by now. */
  learnServers(servers: readonly string[]): void {
    if (servers.length === 0) return;
    this.#save({ config: { ...this.#member.config, servers } }).catch((error) => {
      logger.warn("the cluster's servers could not be noted: {error}", { error });
    });
  }

  failed(server: string): void {
    this.servers.failed(server);
  }

  #connect(): Connection {
    const { clusterCa, client, key } = this.#member;
    return { server: this.servers.current, ca: clusterCa, cert: client, key: key.pem };
  }

  #serverList(): readonly string[] {
    return [this.#options.server, ...this.#member.config.servers];
  }

  async #keep(look: boolean): Promise<void> {
    const { signal } = this.#options;
    let failures = 0;
    let wait = look ? 0 : this.#nextLook(0);
    for (;;) {
      await pause(this.#clock, wait, signal).catch(() => {});
      if (signal.aborted) break;
      try {
        await this.#refresh(signal);
        failures = 0;
      } catch (error) {
        if (signal.aborted) break;
        failures++;
        await this.#tell(error);
      }
      wait = this.#nextLook(failures);
    }
    this.#client.close();
    this.#transport.close();
  }

  #nextLook(failures: number): number {
    const { client, serving } = this.#member;
    return nextLook([client, serving].map(validityOf), this.time.now(), this.#spread, failures);
  }

  async #tell(error: unknown): Promise<void> {
    logger.warn("the cluster's servers could not be asked for news: {message}{clock}", {
      message: (error as Error).message,
      clock: await clockAdvice(this.servers.current, this.#clock.now()),
    });
  }

  /** Asks a server for the settings of the day, and renews what is due. */
  async #refresh(signal: AbortSignal): Promise<void> {
    try {
      const { config, date } = await askConfig(this.#transport, signal);
      this.time.told(date);
      await this.#save({ config });
    } catch (error) {
      if (!(error instanceof StatusError) || error.status.code !== 401) throw error;
      await this.#rejoin(signal);
    }
    const clusterCa = await askClusterCa(this.#transport, signal);
    if (clusterCa !== "") await this.#save({ clusterCa });
    const { nodeName, nodeIP } = this.#options;
    const key = this.#member.key.key;
    if (this.#isDue("client")) {
      await this.#save({
        client: await requestCertificate(this.#client, { purpose: "client", nodeName, key }, signal),
      });
    }
    const isFor = (name: string) => serves(this.#member.serving, name);
    if (this.#isDue("serving") || !isFor(nodeName) || !isFor(nodeIP) && !this.#nameAlone) {
      await this.#save({ serving: await requestServing(this.#client, { nodeName, nodeIP, key }, signal) });
      this.#nameAlone = !isFor(nodeIP);
    }
  }

  #isDue(which: "client" | "serving"): boolean {
    const gotAt = this.#gotAt.get(which);
    const age = gotAt === undefined ? undefined : performance.now() - gotAt;
    return isDue(validityOf(this.#member[which]), this.time.now(), this.#spread, age);
  }

  /** The servers do not take the node's certificate any more: it has ended while the machine was off, or one of the clocks was wrong. */
  async #rejoin(signal: AbortSignal): Promise<void> {
    const { token, nodeName } = this.#options;
    if (token === undefined) {
      throw new JoinError(
        "noToken",
        "the servers refuse this node's certificate; with --token the agent gets a new one",
      );
    }
    const { clusterCa, key } = this.#member;
    using byToken = createHttpsClient({
      server: this.servers.current,
      ca: clusterCa,
      token: tokenOf(token).credential,
      userAgent: "agent",
    });
    const client = await requestCertificate(byToken, { purpose: "client", nodeName, key: key.key }, signal);
    logger.info("the servers refused the certificate of node {node}; it has a new one by the token", {
      node: nodeName,
    });
    await this.#save({ client });
  }

  /** Keeps what has changed, on disk first, and puts it to use. */
  async #save(part: Partial<Omit<SavedMember, "key">>): Promise<void> {
    const before = this.#member;
    const changed = Object.entries(part).filter(([name, value]) =>
      JSON.stringify(before[name as keyof SavedMember]) !== JSON.stringify(value)
    );
    if (changed.length === 0) return;
    await this.#files.save(Object.fromEntries(changed));
    this.#member = { ...before, ...Object.fromEntries(changed) };
    for (const which of ["client", "serving"] as const) {
      if (part[which] !== undefined) this.#gotAt.set(which, performance.now());
    }
    this.servers.replace(this.#serverList());
    if (part.client !== undefined || part.clusterCa !== undefined) this.#connection = this.#connect();
    if (part.serving !== undefined || part.clusterCa !== undefined) { for (const use of this.#listeners) use(this); }
    const names = changed.map(([name]) => name).join(", ");
    logger.info("new of this node's membership: {names}", { names });
  }
}

function serves(pem: string, name: string): boolean {
  const certificate = new X509Certificate(pem);
  return (isIP(name) === 0 ? certificate.checkHost(name) : certificate.checkIP(name)) !== undefined;
}
