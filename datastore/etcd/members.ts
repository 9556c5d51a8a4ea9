import { DatastoreError } from "../contract.ts";
import { TlsFiles } from "../tls_files.ts";
import { EtcdChannel } from "./channel.ts";
import {
  DEFRAGMENT,
  MEMBER_ADD,
  MEMBER_LIST,
  MEMBER_PROMOTE,
  MEMBER_REMOVE,
  MEMBER_STATUS,
  MEMBER_UPDATE,
  type MemberId,
  type WireMember,
} from "./cluster_messages.ts";
import { number } from "./descriptor.ts";

export interface EtcdMember {
  /** Hexadecimal, as etcdctl shows it. */
  readonly id: string;
  /** Empty until it has started for the first time. */
  readonly name: string;
  readonly peerUrls: readonly string[];
  /** Empty until it has started for the first time. */
  readonly clientUrls: readonly string[];
  /** Follows, but does not vote yet. */
  readonly isLearner: boolean;
}

export interface EtcdStatus {
  readonly id: string;
  readonly version: string;
  readonly isLeader: boolean;
  /** Whether it knows a leader. */
  readonly hasLeader: boolean;
  readonly isLearner: boolean;
  /** Of its file, in bytes, and how much of it holds something. */
  readonly bytes: number;
  readonly bytesInUse: number;
  readonly errors: readonly string[];
}

/** Members of etcd's cluster and their care, by way of whichever endpoint answers. Every method rejects with a `DatastoreError`. */
export interface EtcdMembers {
  list(): Promise<readonly EtcdMember[]>;
  /** As a learner: it does not vote, so that one that never comes up harms nobody. */
  addLearner(peerUrl: string): Promise<readonly EtcdMember[]>;
  /** Makes a learner a full member; `unavailable` as long as it has not caught up. */
  promote(id: string): Promise<void>;
  remove(id: string): Promise<void>;
  update(id: string, peerUrl: string): Promise<void>;
  /** Of one endpoint's own member; does not need a leader. */
  status(): Promise<EtcdStatus>;
  /** Of one endpoint's own member, which does not answer meanwhile. */
  defragment(): Promise<void>;
  close(): void;
}

export interface EtcdMembersOptions {
  readonly endpoints: readonly string[];
  readonly caFile?: string;
  readonly certFile?: string;
  readonly keyFile?: string;
  /** Milliseconds that a call may take; 10,000 when absent. */
  readonly timeout?: number;
}

/** The process must have installed its guard of `node:http2` before. */
export async function openEtcdMembers(options: EtcdMembersOptions): Promise<EtcdMembers> {
  const { endpoints, timeout = 10_000 } = options;
  const tls = TlsFiles.open("etcd", options);
  const channel = new EtcdChannel({ endpoints, tls, timeout });
  const idOf = async (id: string): Promise<MemberId> => {
    const { members } = await channel.call(MEMBER_LIST, {});
    const found = members.find((member) => hex(member.id) === id);
    if (found) return found.id;
    throw new DatastoreError("invalidArgument", `etcd has no member ${id}`);
  };
  const change = { write: true };
  // What a member knows by itself is asked for when the cluster has no leader, above all.
  const alone = new EtcdChannel({ endpoints, tls, timeout, leaderless: true });
  return {
    list: async () => (await channel.call(MEMBER_LIST, {})).members.map(memberOf),
    addLearner: async (peerUrl) =>
      (await channel.call(MEMBER_ADD, { peerURLs: [peerUrl], isLearner: true }, change)).members.map(memberOf),
    promote: async (id) => void await channel.call(MEMBER_PROMOTE, { id: await idOf(id) }, change),
    remove: async (id) => void await channel.call(MEMBER_REMOVE, { id: await idOf(id) }, change),
    update: async (id, peerUrl) =>
      void await channel.call(MEMBER_UPDATE, { id: await idOf(id), peerURLs: [peerUrl] }, change),
    async status() {
      const { header, leader, version, dbSize, dbSizeInUse, errors, isLearner } = await alone.call(MEMBER_STATUS, {});
      const id = hex(header.memberId);
      return {
        id,
        version,
        isLeader: hex(leader) === id,
        hasLeader: hex(leader) !== "0",
        isLearner,
        bytes: number(dbSize),
        bytesInUse: number(dbSizeInUse),
        errors,
      };
    },
    defragment: async () => void await alone.call(DEFRAGMENT, {}, change),
    close() {
      channel.close();
      alone.close();
    },
  };
}

function memberOf({ id, name, peerURLs, clientURLs, isLearner }: WireMember): EtcdMember {
  return { id: hex(id), name, peerUrls: peerURLs, clientUrls: clientURLs, isLearner };
}

function hex(id: MemberId): string {
  return id.toString(16);
}
