import { describe, expect, it } from "vitest";
import { explainLog } from "./explain.ts";

const explained = (line: string) => explainLog(line, "/data/server/db/etcd");

describe("etcd's log", () => {
  it("tells a member that was removed how to come back", () => {
    const line =
      '{"level":"warn","msg":"server error","error":"the member has been permanently removed from the cluster"}';
    expect(explained(line)).toContain("remove /data/server/db/etcd");
  });

  it("says nothing of this member when others were removed", () => {
    expect(explained('{"level":"info","msg":"removed member","removed-remote-peer-id":"1"}')).toBe(undefined);
    expect(explained('{"level":"info","msg":"ready to serve client requests"}')).toBe(undefined);
  });

  it("tells of ports and disks", () => {
    expect(explained("listen tcp 127.0.0.1:2380: bind: address already in use")).toContain("--etcd-peer-port");
    expect(explained("write wal: no space left on device")).toBe("the disk is full");
  });

  it("takes the names of settings for no damage", () => {
    expect(
      explainLog(
        '{"msg":"starting an etcd server","initial-corrupt-check":false,"corrupt-check-time-interval":"0s"}',
        "/home",
      ),
    )
      .toBe(undefined);
    expect(explainLog("walpb: crc mismatch", "/home")).toContain("etcd's data are damaged");
  });
});
