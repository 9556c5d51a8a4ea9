import { createHash } from "node:crypto";

/** Where one data directory's containerd keeps its things. Absolute paths, none ending in a slash. */
export interface ContainerdPaths {
  /** The data directory itself, symbolic links resolved. */
  readonly dataDir: string;
  /** What outlives the machine's restart: images, snapshots, metadata. */
  readonly root: string;
  /** What does not. Short, because a Unix socket's path holds 107 bytes. */
  readonly state: string;
  readonly socket: string;
  readonly config: string;
  readonly log: string;
  readonly pidFile: string;
  readonly cniConfDir: string;
  readonly certsDir: string;
}

/** Makes the data directory when it is not there. */
export function containerdPaths(dataDir: string): ContainerdPaths {
  Deno.mkdirSync(dataDir, { recursive: true });
  const real = Deno.realPathSync(dataDir);
  const root = `${real}/agent/containerd`;
  const state = `/run/skiff/${createHash("sha256").update(real).digest("hex").slice(0, 12)}`;
  return {
    dataDir: real,
    root,
    state,
    socket: `${state}/containerd.sock`,
    config: `${root}/config.toml`,
    log: `${root}/containerd.log`,
    pidFile: `${root}/containerd.pid`,
    cniConfDir: `${real}/agent/etc/cni/net.d`,
    certsDir: `${real}/agent/etc/containerd/certs.d`,
  };
}
