import { type Datastore, DatastoreError } from "../contract.ts";
import { TlsFiles } from "../tls_files.ts";
import { DEFAULT_RING, type HistoryLimits } from "../mvcc/history.ts";
import { EtcdChannel } from "./channel.ts";
import { compactedRevision } from "./compaction.ts";
import { EtcdDatastore } from "./etcd_datastore.ts";
import { KeySpace } from "./keys.ts";
import { number } from "./descriptor.ts";
import { RANGE } from "./messages.ts";

export interface EtcdOptions {
  /** `https://host:port` or `http://host:port` of one or more members of one cluster. */
  readonly endpoints: readonly string[];
  /** PEM files: whom to trust, and who we are, read anew for each connection. Only for https; without `caFile` the system's authorities are trusted. */
  readonly caFile?: string;
  readonly certFile?: string;
  readonly keyFile?: string;
  /** Before each key in etcd, none when absent. Others may use keys that do not start with it; their changes take revisions as well. */
  readonly prefix?: string;
  /** Milliseconds that a call may take, changes of the member included; 10,000 when absent. */
  readonly timeout?: number;
  /** How many of the newest changes are kept in memory for watches to start from. */
  readonly ring?: HistoryLimits;
}

/**
 * Opens a store in etcd 3.4 or newer. Rejects with `invalidArgument` or `unavailable`.
 *
 * What etcd does not do as the contract says: revisions start where etcd stands, and others who write to it take revisions too; it refuses
 * requests over its own `--max-request-bytes` (1.5 MiB unless changed) with `invalidArgument`; a compaction to revision 1 is
 * forgotten; a restore needs an etcd that nobody ever wrote to and, when it breaks off, a new one.
 */
export async function openEtcd(options: EtcdOptions): Promise<Datastore> {
  const { endpoints, caFile, certFile, keyFile, prefix = "", timeout = 10_000, ring = DEFAULT_RING } = options;
  if (endpoints.length === 0) throw new DatastoreError("invalidArgument", "etcd: no endpoint is given");
  for (const endpoint of endpoints) checkEndpoint(endpoint);
  const channel = new EtcdChannel({
    endpoints,
    tls: TlsFiles.open("etcd", { caFile, certFile, keyFile }),
    timeout,
  });
  const keys = new KeySpace(prefix);
  try {
    const { header } = await channel.call(RANGE, { key: keys.filler, countOnly: true });
    const compacted = await compactedRevision(channel, keys, 0);
    return new EtcdDatastore({ channel, keys, revision: number(header.revision), compacted, ring });
  } catch (error) {
    channel.close();
    throw error;
  }
}

function checkEndpoint(endpoint: string): void {
  const url = URL.parse(endpoint);
  if (url && /^https?:$/.test(url.protocol) && url.hostname && url.pathname === "/" && !url.search && !url.username) {
    return;
  }
  // It may hold a password.
  const shown = url?.username ? `${url.protocol}//…@${url.host}` : endpoint;
  throw new DatastoreError("invalidArgument", `etcd endpoint ${shown}: give https://host:port or http://host:port`);
}
