import { Buffer } from "node:buffer";
import type { Server, ServerCredentials } from "@grpc/grpc-js";
import type { Clock } from "../clock.ts";
import { type Datastore, DatastoreError, MAX_VALUE_BYTES } from "../contract.ts";
import type { Face } from "./face.ts";
import { Gate } from "./gate.ts";
import { LeaseBook } from "./leases.ts";
import { addServices } from "./services.ts";

type Grpc = typeof import("@grpc/grpc-js");

export interface ServeTls {
  /** PEM. */
  readonly cert: string;
  readonly key: string;
  /** Clients must show a certificate that this authority has signed; anybody may connect when it is absent. */
  readonly clientCa?: string;
}

export interface ServeEtcdOptions {
  readonly datastore: Datastore;
  readonly address: string;
  /** 0 for any that is free. */
  readonly port: number;
  /** Plain text when absent. */
  readonly tls?: ServeTls;
  /**
   * Nobody else writes to the datastore while it is served. Otherwise transactions that write and also rest on ranges, or on keys that are there and that
   * they do not write, are refused, and a key that others add meanwhile may survive the deletion of a range.
   */
  readonly exclusive?: boolean;
  readonly clock?: Clock;
  /** Milliseconds between the progress notifications of idle watches; etcd's 10 minutes when absent. */
  readonly progressInterval?: number;
}

export interface EtcdFace {
  readonly port: number;
  /** Ends all streams and calls; the datastore stays open. */
  close(): Promise<void>;
}

const TEN_MINUTES = 600_000;
const CLOSE_MILLISECONDS = 1000;

const SYSTEM_CLOCK: Clock = {
  now: () => Date.now(),
  after(milliseconds, fire) {
    const timer = setTimeout(fire, milliseconds);
    return () => clearTimeout(timer);
  },
};

const OPTIONS = {
  "grpc.max_receive_message_length": 2 * MAX_VALUE_BYTES,
  "grpc.max_send_message_length": -1,
  // Clients that ping are answered; those that are gone are found out.
  "grpc.keepalive_time_ms": 60_000,
  "grpc.keepalive_timeout_ms": 20_000,
};

/**
 * Serves the etcd v3 gRPC API over a datastore: what Kubernetes and etcdctl use of it. The process should have installed its guard of `node:http2`
 * before. Rejects with a `DatastoreError`: `unavailable` when the address cannot be listened on, `invalidArgument` for unusable certificates.
 */
export async function serveEtcd(options: ServeEtcdOptions): Promise<EtcdFace> {
  const { datastore, address, port, tls, exclusive = false, clock = SYSTEM_CLOCK } = options;
  const grpc = (await import("@grpc/grpc-js") as unknown as { default: Grpc }).default;
  const gate = new Gate();
  const leases = new LeaseBook({ datastore, gate, clock });
  const clientUrls: string[] = [];
  const { progressInterval = TEN_MINUTES } = options;
  const face: Face = { datastore, exclusive, gate, leases, clock, clientUrls, progressInterval };
  const server = new grpc.Server(OPTIONS);
  const closeStreams = addServices(server, face);
  const host = address.includes(":") ? `[${address}]` : address;
  const bound = await bind(server, `${host}:${port}`, credentials(grpc, tls));
  clientUrls.push(`${tls ? "https" : "http"}://${host}:${bound}`);
  try {
    await leases.load();
  } catch (error) {
    leases.close();
    server.forceShutdown();
    throw error;
  }
  return {
    port: bound,
    async close() {
      leases.close();
      closeStreams();
      await shutDown(server);
    },
  };
}

function credentials(grpc: Grpc, tls: ServeTls | undefined): ServerCredentials {
  if (!tls) return grpc.ServerCredentials.createInsecure();
  const pair = { cert_chain: Buffer.from(tls.cert), private_key: Buffer.from(tls.key) };
  const ca = tls.clientCa === undefined ? null : Buffer.from(tls.clientCa);
  try {
    return grpc.ServerCredentials.createSsl(ca, [pair], ca !== null);
  } catch (error) {
    throw new DatastoreError(
      "invalidArgument",
      `the certificate or its key cannot be used: ${(error as Error).message}`,
      {
        cause: error,
      },
    );
  }
}

function bind(server: Server, target: string, credentials: ServerCredentials): Promise<number> {
  return new Promise((resolve, reject) =>
    server.bindAsync(target, credentials, (error, port) => {
      if (!error) return resolve(port);
      reject(new DatastoreError("unavailable", `cannot listen on ${target}: ${error.message}`, { cause: error }));
    })
  );
}

/** Lets running calls end for a moment. */
async function shutDown(server: Server): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(() => {
      server.forceShutdown();
      resolve();
    }, CLOSE_MILLISECONDS);
    server.tryShutdown(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
