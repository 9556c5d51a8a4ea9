import { describe, expect, it } from "vitest";
import type { HostState } from "./host_state.ts";
import { verify, type VerifyInputs } from "./verify.ts";

const NOTHING: HostState = { mounts: ["/"], links: ["eth0", "lo"], tables: ["inet filter"], cgroups: [] };
const INPUTS: VerifyInputs = {
  journal: [
    { kind: "directory", path: "/etc/skiff" },
    { kind: "tree", path: "/var/lib/skiff" },
    { kind: "replaced", path: "/usr/local/bin/skiff", backup: "/etc/skiff/install/skiff/backup-skiff" },
  ],
  before: NOTHING,
  after: NOTHING,
  instances: ["skiff"],
  existing: new Set(["/usr/local/bin/skiff"]),
  kept: [],
};

describe("verify", () => {
  it("finds nothing on a machine that is as it was", () => {
    expect(verify(INPUTS)).toEqual({ left: [], others: [] });
  });

  it("tells what of Skiff is left", () => {
    const after: HostState = {
      mounts: ["/", "/var/lib/skiff/pods/1/volumes", "/var/lib/skiffer"],
      links: ["eth0", "lo", "skiff0"],
      tables: ["inet filter", "inet skiff"],
      cgroups: ["/sys/fs/cgroup/memory/skiff"],
    };
    expect(verify({ ...INPUTS, after, existing: new Set(["/etc/skiff"]) })).toEqual({
      left: [
        "directory /etc/skiff",
        "/usr/local/bin/skiff was not put back",
        "mount /var/lib/skiff/pods/1/volumes",
        "interface skiff0",
        "nft table inet skiff",
        "cgroup /sys/fs/cgroup/memory/skiff",
      ],
      others: ["new: mount /var/lib/skiffer"],
    });
  });

  it("tells what others have changed, without blame", () => {
    const after: HostState = { ...NOTHING, links: ["lo", "wlan0"] };
    expect(verify({ ...INPUTS, after })).toEqual({
      left: [],
      others: ["new: interface wlan0", "gone: interface eth0"],
    });
  });

  it("does not miss data that were to be kept", () => {
    const existing = new Set(["/usr/local/bin/skiff", "/var/lib/skiff"]);
    expect(verify({ ...INPUTS, existing }).left).toEqual(["tree /var/lib/skiff"]);
    expect(verify({ ...INPUTS, existing, kept: ["/var/lib/skiff"] }).left).toEqual([]);
  });
});
