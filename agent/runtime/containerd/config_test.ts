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
    expect(config.split("\n").filter((line) => line.startsWith("[")).length).toBe(7);
  });
});
