import { Buffer } from "node:buffer";
import { isIP } from "node:net";
import { checkServerIdentity, type PeerCertificate } from "node:tls";
import type { Client, ClientDuplexStream, ClientUnaryCall, ServiceError } from "@grpc/grpc-js";
import { type CallOptions, DatastoreError } from "../contract.ts";
import type { TlsFiles, TlsPems } from "../tls_files.ts";
import { closedError } from "../mvcc/check.ts";
import { datastoreError, isTransient } from "./errors.ts";
import type { Method } from "./descriptor.ts";
import { QueryCounts } from "../mvcc/query_counts.ts";
import { logSlowQuery } from "../mvcc/slow_log.ts";
import { QUERY_NAMES, queryName, serializers } from "./messages.ts";

type Grpc = typeof import("@grpc/grpc-js");

export interface ChannelOptions {
  /** `http://host:port` or `https://host:port`, at least one. */
  readonly endpoints: readonly string[];
  /** Only for https; without an authority the system's are trusted. */
  readonly tls: TlsFiles;
  /** Milliseconds that a call may take, its changes of the endpoint included. */
  readonly timeout: number;
  /** Ask members that have no leader as well, for what they know by themselves. */
  readonly leaderless?: boolean;
}

interface Member {
  readonly endpoint: string;
  readonly client: Client;
  /** Ends each of its streams. */
  readonly streams: Set<() => void>;
}

/** One endpoint may take so long to connect before the others are tried as well; and all; and one to answer a read, before the next is asked. */
const HEAD_START_MILLISECONDS = 250;
const CONNECT_MILLISECONDS = 2000;
const READ_MILLISECONDS = 3000;
const PAUSE_MILLISECONDS = 100;
/** etcd ends connections that ping more often than every 5 s. */
const KEEP_ALIVE = { "grpc.keepalive_time_ms": 10_000, "grpc.keepalive_timeout_ms": 5000 };

const OPTIONS = {
  ...KEEP_ALIVE,
  "grpc.max_receive_message_length": -1,
  "grpc.max_send_message_length": -1,
  "grpc.initial_reconnect_backoff_ms": 100,
  "grpc.min_reconnect_backoff_ms": 100,
  "grpc.max_reconnect_backoff_ms": 1000,
  "grpc.enable_http_proxy": 0,
  "grpc.service_config_disable_resolution": 1,
  "grpc.use_local_subchannel_pool": 1,
};

/**
 * Calls whichever of etcd's members answers, beginning with the one that answered last. grpc-js is loaded with the first call. The process should have
 * installed its guard of `node:http2` before.
 */
export class EtcdChannel {
  readonly counts = new QueryCounts(QUERY_NAMES);
  readonly #options: ChannelOptions;
  #members: readonly Member[] = [];
  /** What the members were made with. */
  #tls: TlsPems | undefined;
  readonly #calls = new Set<ClientUnaryCall>();
  #grpc: Promise<Grpc> | undefined;
  #loaded: Grpc | undefined;
  #current = 0;
  #connecting: Promise<Member> | undefined;
  #closed = false;

  constructor(options: ChannelOptions) {
    this.#options = options;
  }

  /** Reads are tried again at another endpoint until the time is over; `write` calls only before they were sent. Rejects with a `DatastoreError`. */
  async call<Request, Response>(
    method: Method<Request, Response>,
    request: Request,
    { signal, write = false }: CallOptions & { write?: boolean } = {},
  ): Promise<Response> {
    const deadline = Date.now() + this.#options.timeout;
    for (;;) {
      const member = await this.#connected(deadline, signal);
      try {
        const patience = write ? deadline : Math.min(deadline, Date.now() + READ_MILLISECONDS);
        const query = () => this.#unary(member, method, request, patience, signal);
        return await this.counts.time(queryName(method), query, logSlowQuery);
      } catch (fault) {
        signal?.throwIfAborted();
        if (this.#closed) throw write ? unansweredError() : closedError();
        if (isTransient(fault as ServiceError)) this.#leave(member);
        const error = datastoreError(fault as ServiceError, member.endpoint, { write });
        const again = error.reason === "unavailable" && isTransient(fault as ServiceError);
        if (!again || Date.now() + PAUSE_MILLISECONDS >= deadline) throw error;
        await pause(PAUSE_MILLISECONDS);
      }
    }
  }

  /** Opens a stream of requests and responses. `end` is called once, after the last response. */
  async stream<Request, Response>(
    method: Method<Request, Response>,
    handlers: { data(response: Response): void; end(error: DatastoreError): void },
  ): Promise<{ readonly endpoint: string; write(request: Request): void; cancel(): void }> {
    const member = await this.#connected(Date.now() + this.#options.timeout);
    const { serialize, deserialize } = serializers(method);
    const call: ClientDuplexStream<Request, Response> = member.client.makeBidiStreamRequest(
      method.path,
      serialize,
      deserialize as never,
      this.#metadata(),
      {},
    );
    let ended = false;
    const cancel = () => {
      ended = true;
      member.streams.delete(leave);
      call.cancel();
    };
    const end = (error: DatastoreError) => {
      if (ended) return;
      cancel();
      handlers.end(error);
    };
    const leave = () => end(new DatastoreError("unavailable", `etcd at ${member.endpoint} does not answer`));
    member.streams.add(leave);
    call.on("data", (response: Response) => {
      if (!ended) handlers.data(response);
    });
    call.on("error", (fault: ServiceError) => {
      if (ended) return;
      end(datastoreError(fault, member.endpoint));
      if (isTransient(fault)) this.#leave(member);
    });
    call.on("end", () => end(new DatastoreError("unavailable", `etcd at ${member.endpoint} ended the watch`)));
    return {
      endpoint: member.endpoint,
      write: (request) => void call.write(request),
      cancel,
    };
  }

  /** Ends what has no answer yet: of a write nobody knows what becomes of it. */
  close(): void {
    this.#closed = true;
    for (const call of this.#calls) call.cancel();
    for (const { client } of this.#members) client.close();
  }

  /** A member that has lost its leader must say so, rather than wait for one. */
  #metadata() {
    const metadata = new this.#loaded!.Metadata();
    if (!this.#options.leaderless) metadata.set("hasleader", "true");
    return metadata;
  }

  #unary<Request, Response>(
    { client }: Member,
    method: Method<Request, Response>,
    request: Request,
    deadline: number,
    signal: AbortSignal | undefined,
  ): Promise<Response> {
    const { serialize, deserialize } = serializers(method);
    return new Promise((resolve, reject) => {
      const call = client.makeUnaryRequest(
        method.path,
        serialize,
        deserialize as never,
        request,
        this.#metadata(),
        { deadline },
        (fault: ServiceError | null, answer?: unknown) => {
          signal?.removeEventListener("abort", cancel);
          this.#calls.delete(call);
          if (fault) reject(fault);
          else resolve(answer as Response);
        },
      );
      this.#calls.add(call);
      function cancel(): void {
        call.cancel();
      }
      signal?.addEventListener("abort", cancel, { once: true });
    });
  }

  /** What comes next goes to another member, if there is one: streams as well, or the watch would stay with a member that hangs. */
  #leave(member: Member): void {
    if (this.#members.length === 1 || this.#members[this.#current] !== member) return;
    this.#current = (this.#current + 1) % this.#members.length;
    for (const end of member.streams) end();
  }

  /** A member that is connected: what is sent to it and fails may have arrived. */
  async #connected(deadline: number, signal?: AbortSignal): Promise<Member> {
    for (;;) {
      signal?.throwIfAborted();
      if (this.#closed) throw closedError();
      const member = this.#members[this.#current];
      if (member && this.#isReady(member)) return member;
      try {
        return await (this.#connecting ??= this.#connect().finally(() => this.#connecting = undefined));
      } catch (error) {
        if (this.#closed) throw closedError();
        if (!(error instanceof DatastoreError) || Date.now() >= deadline) throw error;
        await pause(PAUSE_MILLISECONDS);
      }
    }
  }

  #isReady({ client }: Member): boolean {
    return client.getChannel().getConnectivityState(false) === this.#loaded!.connectivityState.READY;
  }

  /** The member that is in use, if it connects at once, else whichever does first; with the certificates that lie there now. */
  async #connect(): Promise<Member> {
    const grpc = await this.#load();
    this.#makeMembers(grpc);
    const preferred = this.#members[this.#current]!;
    try {
      return await connected(preferred, HEAD_START_MILLISECONDS);
    } catch {
      // Slow, or not there.
    }
    try {
      const member = await Promise.any(this.#members.map((member) => connected(member, CONNECT_MILLISECONDS)));
      this.#current = this.#members.indexOf(member);
      return member;
    } catch (error) {
      const all = this.#options.endpoints.join(", ");
      throw new DatastoreError(
        "unavailable",
        `no etcd answers at ${all}: is it running, and do address and certificates fit?`,
        { cause: (error as AggregateError).errors[0] },
      );
    }
  }

  async #load(): Promise<Grpc> {
    this.#grpc ??= import("@grpc/grpc-js").then((module) => (module as unknown as { default: Grpc }).default);
    return this.#loaded = await this.#grpc;
  }

  /** grpc-js connects again by itself, with the certificates it was given: renewed ones need new clients. */
  #makeMembers(grpc: Grpc): void {
    const pems = this.#options.tls.current();
    if (pems === this.#tls) return;
    const former = this.#members;
    this.#members = this.#options.endpoints.map((endpoint) => newMember(grpc, endpoint, pems));
    this.#tls = pems;
    for (const { streams, client } of former) {
      for (const end of streams) end();
      client.close();
    }
  }
}

function newMember(grpc: Grpc, endpoint: string, { ca, key, cert }: TlsPems): Member {
  const bytes = (pem: string | undefined) => pem === undefined ? null : Buffer.from(pem);
  const { protocol, host, hostname } = new URL(endpoint);
  const address = hostname.replace(/^\[|\]$/g, "");
  const isSecure = protocol === "https:";
  const checked = isSecure && isIP(address) ? byAddress(address) : undefined;
  const credentials = isSecure
    ? grpc.credentials.createSsl(bytes(ca), bytes(key), bytes(cert), checked?.verify)
    : grpc.credentials.createInsecure();
  const client = new grpc.Client(host, credentials, { ...OPTIONS, ...checked?.options });
  return { endpoint, client, streams: new Set() };
}

/** grpc-js would name the address as the TLS server's name, which Deno (2.9.5) refuses: names are not addresses. */
function byAddress(address: string) {
  return {
    options: { "grpc.ssl_target_name_override": "etcd" },
    verify: {
      checkServerIdentity: (_: string, certificate: unknown) =>
        checkServerIdentity(address, certificate as PeerCertificate),
    },
  };
}

function unansweredError(): DatastoreError {
  return new DatastoreError("unknownOutcome", "the datastore was closed before etcd had answered the write");
}

function connected(member: Member, milliseconds: number): Promise<Member> {
  return new Promise((resolve, reject) =>
    member.client.waitForReady(Date.now() + milliseconds, (error) => error ? reject(error) : resolve(member))
  );
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
