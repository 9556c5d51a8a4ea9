import { resolve } from "node:path";
import { installHttp2Guard } from "../client/http2_guard.ts";
import { type EtcdMembers, openEtcdMembers } from "../datastore/etcd/members.ts";
import { type MemberReport, reportMembers } from "../server/etcd/care.ts";
import { defragment } from "../server/etcd/defragment.ts";
import { type EtcdAccess, findEtcd } from "../server/etcd/member_file.ts";
import { UserError } from "./error.ts";
import { type OutputFlags, print } from "./output.ts";

export interface EtcdFlags extends OutputFlags {
  readonly dataDir: string;
}

async function withEtcd(
  { dataDir }: EtcdFlags,
  use: (members: EtcdMembers, access: EtcdAccess) => Promise<void>,
): Promise<void> {
  const access = await findEtcd(resolve(dataDir));
  if (access === undefined) {
    throw new UserError(
      `${dataDir} has no etcd member: is it the data directory of a server that was started with --cluster-init or --server?`,
    );
  }
  installHttp2Guard();
  const members = await openEtcdMembers({ endpoints: [access.endpoint], ...access.tls });
  try {
    await use(members, access);
  } finally {
    members.close();
  }
}

export async function list(flags: EtcdFlags): Promise<void> {
  await withEtcd(flags, async (members) => {
    await print(flags, await members.list(), ["ID", "NAME", "PEER", "CLIENT", "ROLE"], (member) => {
      const { id, name, peerUrls, clientUrls, isLearner } = member;
      const role = isLearner ? "learner" : "member";
      return [id, name || "(not started)", peerUrls.join(), clientUrls.join(), role];
    });
  });
}

export async function remove(wanted: string, flags: EtcdFlags): Promise<void> {
  await withEtcd(flags, async (members) => {
    const all = await members.list();
    const found = all.filter(({ id, name }) => id === wanted || name === wanted);
    if (found.length !== 1) {
      const known = all.map(({ id, name }) => name || id).join(", ");
      throw new UserError(`${found.length} members are called ${JSON.stringify(wanted)}; there are ${known}`);
    }
    const [{ id, name }] = found as [(typeof found)[number]];
    await members.remove(id);
    console.log(`removed ${name || id}; before its machine joins again, remove server/db/etcd in its data directory`);
  });
}

export async function status(flags: EtcdFlags): Promise<void> {
  await withEtcd(flags, async (members, access) => {
    const head = ["NAME", "ROLE", "VERSION", "BYTES", "IN USE", "STATE"];
    await print(flags, await reportMembers(access, members), head, statusRow);
  });
}

function statusRow(report: MemberReport): string[] {
  const { name, isLeader, isLearner } = report;
  const role = isLeader ? "leader" : isLearner ? "learner" : "follower";
  if ("problem" in report) return [name || "(not started)", isLearner ? "learner" : "?", "", "", "", report.problem];
  const { version, bytes, bytesInUse, errors } = report;
  return [name, role, version, `${bytes}`, `${bytesInUse}`, errors.join("; ") || "ok"];
}

export async function defrag(flags: EtcdFlags): Promise<void> {
  await withEtcd(flags, async (members, access) => {
    const before = await reportMembers(access, members);
    const away = before.find((member) => "problem" in member);
    if (away && "problem" in away) {
      throw new UserError(`${away.name} does not answer, and without another one writes could stop: ${away.problem}`);
    }
    // Whoever asks for it wants it, however little it brings.
    const all = await defragment(
      access,
      members,
      (reports) => reports.toSorted((a, b) => Number(a.isLeader) - Number(b.isLeader)),
    );
    await print(flags, all, ["DEFRAGMENTED"], (name) => [name]);
  });
}
