import { describe, expect, it } from "vitest";
import { containerdConfig } from "./config.ts";
import type { ContainerdPaths } from "./paths.ts";

const PATHS: ContainerdPaths = {
  dataDir: '/data "x"',
  root: '/data "x"/agent/containerd',
  state: "/run/skiff/0123",
  socket: "/run/skiff/0123/containerd.sock",
  config: "",
  log: "",
  pidFile: "",
  cniConfDir: "/data/cni",
  certsDir: "/data/certs",
};

describe("containerdConfig", () => {
  it("quotes paths and says what depends on the host", () => {
    const config = containerdConfig({
      paths: PATHS,
      sandboxImage: "skiff.local/pause:1",
      snapshotter: "native",
      cniBinDir: "/usr/lib/cni",
      restrictOomScoreAdj: true,
    });
    expect(config).toContain('root = "/data \\"x\\"/agent/containerd"');
    expect(config).toContain('snapshotter = "native"');
    expect(config).toContain("restrict_oom_score_adj = true");
    expect(config).toContain('Root = "/run/skiff/0123/runc"');
    expect(config).not.toContain("auth");
    expect(config.split("\n").filter((line) => line.startsWith("[")).length).toBe(7);
  });

  it("has credentials for registries", () => {
    const config = containerdConfig({
      paths: PATHS,
      sandboxImage: "skiff.local/pause:1",
      snapshotter: "native",
      cniBinDir: "/usr/lib/cni",
      restrictOomScoreAdj: true,
      credentials: new Map([["registry.example:5000", { username: "me", password: 'a"b' }], ["b.example", {
        auth: "eDp5",
      }]]),
    });
    expect(config).toContain(
      `[plugins.'io.containerd.grpc.v1.cri'.registry.configs."registry.example:5000".auth]\nusername = "me"\npassword = "a\\"b"\n`,
    );
    expect(config).toContain(
      `[plugins.'io.containerd.grpc.v1.cri'.registry.configs."b.example".auth]\nauth = "eDp5"\n`,
    );
  });
});
