import { badRequest, forbidden, methodNotAllowed, serviceUnavailable } from "../../api/status.ts";
import { DatastoreError } from "../../datastore/contract.ts";
import type { EtcdMember, EtcdMembers } from "../../datastore/etcd/members.ts";
import { MASTERS_GROUP } from "../apiserver/auth/access.ts";
import { readSharedFiles } from "../cluster/shared_files.ts";
import type { SharedSettings } from "../cluster/shared_settings.ts";
import { send } from "../apiserver/http/answer.ts";
import { readBody } from "../apiserver/http/body.ts";
import type { Call } from "../apiserver/http/call.ts";
import type { PathRoute } from "../apiserver/http/handler.ts";
import { JOINING_SERVERS } from "./join_tokens.ts";
import {
  type AddedMember,
  BOOTSTRAP_PATH,
  MEMBERS_PATH,
  type NewMember,
  PROMOTIONS_PATH,
  type ServerBootstrap,
} from "./server_contract.ts";

export interface ServerRouteOptions {
  readonly serverDir: string;
  readonly settings: SharedSettings;
  readonly datastore: ServerBootstrap["datastore"];
  /** Of the etcd that this server runs; absent where it runs none. */
  readonly members?: EtcdMembers;
}

const NAME = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;

/**
 * What a server asks for that is about to join. The answers hold the cluster's keys: besides a role that allows the path, as `skiff:joining-server` does, it takes the
 * server token itself, so that no role for all paths opens them.
 */
export function serverRoutes(options: ServerRouteOptions): ReadonlyMap<string, PathRoute> {
  const { serverDir, settings, datastore } = options;
  return new Map<string, PathRoute>([
    [
      BOOTSTRAP_PATH,
      only("get", async (call) => {
        const answer: ServerBootstrap = { files: await readSharedFiles(serverDir), settings, datastore };
        return await answerWith(call, answer);
      }),
    ],
    [
      MEMBERS_PATH,
      only("post", async (call) => {
        const wanted = await readMember(call);
        return await answerWith(call, await addMember(membersOf(options), wanted));
      }),
    ],
    [
      PROMOTIONS_PATH,
      only("post", async (call) => {
        const wanted = await readMember(call);
        await promote(membersOf(options), wanted);
        return await answerWith(call, {});
      }),
    ],
  ]);
}

function only(verb: string, route: PathRoute): PathRoute {
  return (call) => {
    const { name, groups } = call.user;
    if (!groups.some((group) => group === JOINING_SERVERS || group === MASTERS_GROUP)) {
      throw forbidden(undefined, "", `User ${JSON.stringify(name)} does not show the server token`);
    }
    if (call.info.verb !== verb) throw methodNotAllowed();
    return route(call);
  };
}

async function answerWith(call: Call, answer: unknown): Promise<void> {
  await send(call, 200, "application/json", JSON.stringify(answer));
}

async function readMember(call: Call): Promise<NewMember> {
  let body: Partial<NewMember>;
  try {
    body = JSON.parse((await readBody(call.request)).toString("utf8")) as Partial<NewMember>;
  } catch (error) {
    if (error instanceof SyntaxError) throw badRequest("the body is no JSON");
    throw error;
  }
  const { name = "", peerUrl = "" } = body ?? {};
  if (typeof name !== "string" || !NAME.test(name)) throw badRequest("name must be a lower-case DNS name");
  const url = typeof peerUrl === "string" ? URL.parse(peerUrl) : undefined;
  if (url?.protocol === "https:" && url.port !== "" && url.pathname === "/") return { name, peerUrl };
  throw badRequest("peerUrl must be of the form https://ADDRESS:PORT");
}

function membersOf({ members, datastore }: ServerRouteOptions): EtcdMembers {
  if (members !== undefined) return members;
  throw badRequest(
    datastore === "shared"
      ? "the servers of this cluster share a datastore: start the new one with the same --datastore-endpoint and the token, without --server"
      : "this cluster keeps its state in SQLite on one server: start that with --cluster-init once, which moves it to etcd",
  );
}

/** Exported for its test. */
export async function addMember(members: EtcdMembers, { name, peerUrl }: NewMember): Promise<AddedMember> {
  const before = await tooEarly(() => members.list());
  const there = before.find((member) => member.peerUrls.includes(peerUrl));
  if (there !== undefined && there.name !== "" && there.name !== name) {
    throw badRequest(
      `${peerUrl} is that of the member ${there.name}, whose data the joining server does not have: ` +
        `if they are lost, remove it first (skiff etcd member remove ${there.name})`,
    );
  }
  const all = there === undefined ? await tooEarly(() => members.addLearner(peerUrl)) : before;
  return { initialCluster: all.map((member) => inCluster(member, peerUrl, name)).join() };
}

/** Members that have not started have no name yet: that of the new one is known, others are not part of what it needs to know. */
function inCluster({ name: known, peerUrls }: EtcdMember, peerUrl: string, name: string): string {
  const own = peerUrls.includes(peerUrl) ? name : known;
  return peerUrls.map((url) => `${own}=${url}`).join();
}

async function promote(members: EtcdMembers, { peerUrl }: NewMember): Promise<void> {
  const found = (await tooEarly(() => members.list())).find((member) => member.peerUrls.includes(peerUrl));
  if (found === undefined) throw badRequest(`etcd has no member at ${peerUrl}: it was removed meanwhile`);
  if (found.isLearner) await tooEarly(() => members.promote(found.id));
}

/** etcd refuses what would endanger its majority: while another member joins, or has not caught up. It will be possible in a while. */
async function tooEarly<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof DatastoreError) throw serviceUnavailable(error.message);
    throw error;
  }
}
