import type { Bootstrap } from "../cluster/bootstrap_record.ts";

/** GET: a {@linkcode ServerBootstrap}. */
export const BOOTSTRAP_PATH = "/v1-skiff/server/bootstrap";
/** POST: a {@linkcode NewMember}; answers an {@linkcode AddedMember}. 409 for one that cannot be a member, 503 when it is too early. */
export const MEMBERS_PATH = "/v1-skiff/server/etcd-members";
/** POST: a {@linkcode NewMember}; 503 as long as it has not caught up. */
export const PROMOTIONS_PATH = "/v1-skiff/server/etcd-promotions";

/** Secrets of the cluster, for who has its server token. */
export interface ServerBootstrap extends Bootstrap {
  /** Where the cluster's state is: only `etcd` can be joined as a member. */
  readonly datastore: "etcd" | "shared" | "local";
}

export interface NewMember {
  readonly name: string;
  readonly peerUrl: string;
}

export interface AddedMember {
  /** `NAME=PEER_URL,…` with the new member. */
  readonly initialCluster: string;
}
