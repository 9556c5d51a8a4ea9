import { describe, expect, it } from "vitest";
import { etcdArguments } from "./arguments.ts";
import type { MemberFile } from "./member_file.ts";
import { etcdPaths } from "./paths.ts";

const file: MemberFile = {
  state: "joining",
  name: "b-2",
  address: "192.0.2.2",
  clientPort: 2379,
  peerPort: 2380,
  initialCluster: "a-1=https://192.0.2.1:2380,b-2=https://192.0.2.2:2380",
};

describe("arguments of etcd", () => {
  it("let clients in on the loopback and the address, peers on the address, all with certificates", () => {
    const args = etcdArguments(file, etcdPaths("/data"));
    expect(args).toEqual(expect.arrayContaining([
      "--listen-client-urls=https://127.0.0.1:2379,https://192.0.2.2:2379",
      "--advertise-client-urls=https://192.0.2.2:2379",
      "--listen-peer-urls=https://192.0.2.2:2380",
      "--initial-cluster=a-1=https://192.0.2.1:2380,b-2=https://192.0.2.2:2380",
      "--initial-cluster-state=existing",
      "--client-cert-auth=true",
      "--peer-client-cert-auth=true",
      "--trusted-ca-file=/data/server/tls/etcd-ca.crt",
    ]));
    expect(args.filter((arg) => arg.includes("http://"))).toEqual([]);
  });

  it("begin a new cluster only for its first member", () => {
    const stateOf = (state: MemberFile["state"]) =>
      etcdArguments({ ...file, state }, etcdPaths("/data")).find((arg) => arg.startsWith("--initial-cluster-state="));
    expect(stateOf("founding")).toBe("--initial-cluster-state=new");
    expect(stateOf("member")).toBe("--initial-cluster-state=existing");
  });

  it("listen once on the loopback, in brackets for IPv6, and for nobody else during a reset", () => {
    const client = (of: MemberFile, forceNew = false) =>
      etcdArguments(of, etcdPaths("/data"), forceNew).find((arg) => arg.startsWith("--listen-client-urls="));
    expect(client({ ...file, address: "127.0.0.1" })).toBe("--listen-client-urls=https://127.0.0.1:2379");
    expect(client({ ...file, address: "2001:db8::2" })).toContain("https://[2001:db8::2]:2379");
    expect(client(file, true)).toBe("--listen-client-urls=https://127.0.0.1:2379");
  });
});
