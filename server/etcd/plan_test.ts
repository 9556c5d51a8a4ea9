import { describe, expect, it } from "vitest";
import type { MemberFile, MemberState } from "./member_file.ts";
import { planEtcd, type Situation } from "./plan.ts";

const nothing: Situation = {
  init: false,
  joins: undefined,
  endpoint: undefined,
  dataDir: "/data",
  file: undefined,
  hasSqlite: false,
};
const server = "https://192.0.2.1:6443";
const plan = (facts: Partial<Situation>) => planEtcd({ ...nothing, ...facts });

function file(state: MemberState): MemberFile {
  return { state, name: "a-1", address: "192.0.2.1", clientPort: 2379, peerPort: 2380, initialCluster: "" };
}

describe("the plan for an etcd of this server's own", () => {
  it("is none unless a flag or the data directory asks for it", () => {
    expect(plan({})).toEqual({ kind: "none" });
    expect(plan({ hasSqlite: true })).toEqual({ kind: "none" });
    expect(plan({ endpoint: "postgres://x" })).toEqual({ kind: "none" });
  });

  it("begins a cluster, with what SQLite holds", () => {
    expect(plan({ init: true })).toEqual({ kind: "found", migrates: false });
    expect(plan({ init: true, hasSqlite: true })).toEqual({ kind: "found", migrates: true });
    expect(plan({ joins: server })).toEqual({ kind: "join", server });
  });

  it("goes on where it was interrupted, and needs no flags once the server is a member", () => {
    expect(plan({ file: file("founding") })).toEqual({ kind: "found", migrates: false });
    expect(plan({ file: file("migrating"), hasSqlite: true })).toEqual({ kind: "found", migrates: true });
    expect(plan({ file: file("joining"), joins: server })).toEqual({ kind: "join", server });
    expect(plan({ file: file("member") })).toEqual({ kind: "run" });
    expect(plan({ file: file("member"), init: true })).toEqual({ kind: "run" });
    expect(plan({ file: file("member"), joins: server })).toEqual({ kind: "run" });
  });

  it("is refused for what does not go together", () => {
    expect(() => plan({ init: true, joins: server })).toThrow("give one of them");
    expect(() => plan({ init: true, endpoint: "memory://" })).toThrow("--cluster-init is for etcd that Skiff runs");
    expect(() => plan({ file: file("member"), endpoint: "memory://" })).toThrow("has an etcd member");
    expect(() => plan({ joins: server, hasSqlite: true })).toThrow("holds a cluster of its own");
    expect(() => plan({ file: file("joining") })).toThrow("interrupted while it joined");
  });
});
