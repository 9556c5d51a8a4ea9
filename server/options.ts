import type { AuthenticationOptions } from "./apiserver/auth/authentication_options.ts";
import type { S3Options } from "./snapshots/s3_bucket.ts";

/** What a server is told at its start; `cli/` makes it from flags, a library's user by hand. Addresses without brackets. */
export interface ServerOptions {
  /** Absolute; `server/` in it is the server's own. */
  readonly dataDir: string;
  /** Unique among the servers of a cluster; the node's name where there is one, `server` when absent. */
  readonly name?: string;
  /** `0.0.0.0` or `::` for all. */
  readonly bindAddress: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Where Pods and other nodes reach this server. */
  readonly advertiseAddress: string;
  /** And by which port; that of `port` unless told otherwise. */
  readonly advertisePort?: number;
  /** DNS names and addresses for the serving certificate, besides the usual ones. */
  readonly tlsSan: readonly string[];
  readonly clusterCidr: string;
  readonly serviceCidr: string;
  readonly nodePorts: { readonly first: number; readonly last: number };
  readonly clusterDns: string;
  readonly clusterDomain: string;
  /** The datastore instead of SQLite in the data directory. */
  readonly datastoreEndpoint?: string;
  /** Paths of PEM files for a datastore that is reached by TLS. */
  readonly datastoreTls?: { readonly caFile?: string; readonly certFile?: string; readonly keyFile?: string };
  /** Secrets lie encrypted in the datastore, from the first start with it on; what `skiff secrets-encrypt` has chosen counts more. */
  readonly secretsEncryption?: boolean;
  /** An etcd of this server's own; a data directory that has one needs none of it again. */
  readonly cluster?: {
    /** Make a new cluster, of this one member for now; what SQLite holds moves there. */
    readonly init?: boolean;
    /** `https://HOST:6443` of a server whose cluster is joined. */
    readonly server?: string;
    /** 2379 and 2380 unless told otherwise, on `advertiseAddress`. */
    readonly clientPort?: number;
    readonly peerPort?: number;
  };
  /** Bytes that the datastore should write in a day, as far as its writes may wait; 0 lets none wait, 50 MB unless told otherwise. */
  readonly diskWriteBudget?: number;
  /** When snapshots are taken, and how many are kept; none are when it is absent. */
  readonly snapshots?: {
    readonly cron: string;
    readonly keep: number;
    /** Whose name the snapshots have. */
    readonly node: string;
    /** `server/db/snapshots` in the data directory, unless told otherwise. */
    readonly directory?: string;
    /** A bucket that gets each of them, too. */
    readonly s3?: S3Options;
  };
  /** Chosen secrets of the tokens by which servers and nodes join; made at the first start when absent. */
  readonly joinTokens?: { readonly token?: string; readonly agentToken?: string };
  /** Where the administrator's kubeconfig is written. */
  readonly kubeconfig: string;
  /** File mode of the kubeconfig. */
  readonly kubeconfigMode: number;
  /** Number of the group that gets the kubeconfig. */
  readonly kubeconfigGroup?: number;
  /** An AdmissionConfiguration as kube-apiserver takes it, YAML; absolute. */
  readonly admissionConfigFile?: string;
  /** An AuthorizationConfiguration as kube-apiserver takes it, YAML; absolute. Nodes and roles decide when it is absent. */
  readonly authorizationConfigFile?: string;
  /** How users are told apart beyond certificates and the cluster's own tokens. */
  readonly authentication?: AuthenticationOptions;
  /** Names of bundled manifests that are not applied. */
  readonly disable: readonly string[];
  /** Pods wait for another scheduler. */
  readonly disableScheduler?: boolean;
  /** Serve HTTP/1.1 only. */
  readonly http1Only: boolean;
}
