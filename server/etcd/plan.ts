import { ClusterError } from "../cluster/error.ts";
import type { MemberFile } from "./member_file.ts";

/** What flags and data directory say about an etcd of this server's own. */
export interface Situation {
  /** `--cluster-init` */
  readonly init: boolean;
  /** `--server` */
  readonly joins: string | undefined;
  /** `--datastore-endpoint` */
  readonly endpoint: string | undefined;
  readonly dataDir: string;
  /** The member of the data directory. */
  readonly file: MemberFile | undefined;
  /** SQLite has a file there. */
  readonly hasSqlite: boolean;
}

export type EtcdPlan =
  /** No etcd of this server. */
  | { readonly kind: "none" }
  /** The first member of a cluster; `migrates`: it takes over what SQLite holds. */
  | { readonly kind: "found"; readonly migrates: boolean }
  | { readonly kind: "join"; readonly server: string }
  | { readonly kind: "run" };

/** A member stays a member whatever the flags say, so that a second start needs none of them. Throws a ClusterError for what does not go together. */
export function planEtcd({ init, joins, endpoint, dataDir, file, hasSqlite }: Situation): EtcdPlan {
  if (init && joins !== undefined) {
    throw invalid("--cluster-init makes a new cluster and --server joins one: give one of them");
  }
  if (endpoint !== undefined) {
    if (init || joins !== undefined) {
      const flag = init ? "--cluster-init" : "--server";
      throw invalid(
        `${flag} is for etcd that Skiff runs itself, and --datastore-endpoint names another datastore: servers that share one need only that flag and --token`,
      );
    }
    if (file === undefined) return { kind: "none" };
    throw invalid(
      `${dataDir} has an etcd member, and --datastore-endpoint names another datastore: leave the flag out, or use another data directory`,
    );
  }
  switch (file?.state) {
    case "member":
      return { kind: "run" };
    case "founding":
      return { kind: "found", migrates: false };
    case "migrating":
      return { kind: "found", migrates: hasSqlite };
    case "joining":
      if (joins !== undefined) return { kind: "join", server: joins };
      throw invalid(
        `this server was interrupted while it joined a cluster: start it again with --server and --token, or remove ${dataDir}/server/db/etcd`,
      );
    case undefined:
      break;
  }
  if (init) return { kind: "found", migrates: hasSqlite };
  if (joins === undefined) return { kind: "none" };
  if (!hasSqlite) return { kind: "join", server: joins };
  throw invalid(
    `${dataDir} holds a cluster of its own (server/db/state.db), which joining another one would leave behind: use an empty data directory`,
  );
}

function invalid(message: string): ClusterError {
  return new ClusterError("invalidArgument", message);
}
