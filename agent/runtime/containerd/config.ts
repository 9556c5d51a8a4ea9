import type { Credentials } from "../../images/registries/registries_file.ts";
import type { ContainerdPaths } from "./paths.ts";

/** What containerd's configuration depends on. */
export interface ContainerdSettings {
  readonly paths: ContainerdPaths;
  readonly sandboxImage: string;
  readonly snapshotter: "overlayfs" | "native";
  readonly cniBinDir: string;
  /** Containers below the node's own oom_score_adj need CAP_SYS_RESOURCE. */
  readonly restrictOomScoreAdj: boolean;
  /** For registries, by host. */
  readonly credentials?: ReadonlyMap<string, Credentials>;
}

/** Plugins that would only poll, probe or listen: file systems nobody asked for, tracing, the restart monitor of `ctr`. */
const DISABLED = [
  "io.containerd.snapshotter.v1.aufs",
  "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper",
  "io.containerd.snapshotter.v1.zfs",
  "io.containerd.tracing.processor.v1.otlp",
  "io.containerd.internal.v1.tracing",
  "io.containerd.internal.v1.restart",
  "io.containerd.internal.v1.opt",
];

type Toml = string | number | boolean | readonly string[];
type Table = readonly [name: string, values: Readonly<Record<string, Toml>>];

/** containerd's configuration file, version 2, which 1.6, 1.7 and 2.x read. */
export function containerdConfig({ paths, ...settings }: ContainerdSettings): string {
  const cri = "plugins.'io.containerd.grpc.v1.cri'";
  const tables: readonly Table[] = [
    ["", { version: 2, root: paths.root, state: paths.state, disabled_plugins: DISABLED }],
    ["grpc", { address: paths.socket }],
    [cri, {
      sandbox_image: settings.sandboxImage,
      stream_server_address: "127.0.0.1",
      stream_server_port: "0",
      // The kubelet's own limit for an idle exec, attach or port-forward.
      stream_idle_timeout: "4h0m0s",
      enable_tls_streaming: false,
      max_container_log_line_size: 16384,
      restrict_oom_score_adj: settings.restrictOomScoreAdj,
      // Pods' network namespaces lie in the state directory, where nothing but ours is.
      netns_mounts_under_state_dir: true,
      stats_collect_period: 60,
      tolerate_missing_hugetlb_controller: true,
      disable_hugetlb_controller: false,
    }],
    [`${cri}.cni`, { bin_dir: settings.cniBinDir, conf_dir: paths.cniConfDir, max_conf_num: 1 }],
    [`${cri}.registry`, { config_path: paths.certsDir }],
    ...[...settings.credentials ?? []].map(([host, { username, password, auth, identityToken }]): Table => [
      `${cri}.registry.configs.${JSON.stringify(host)}.auth`,
      {
        ...username !== undefined && { username },
        ...password !== undefined && { password },
        ...auth !== undefined && { auth },
        ...identityToken !== undefined && { identitytoken: identityToken },
      },
    ]),
    [`${cri}.containerd`, { snapshotter: settings.snapshotter, default_runtime_name: "runc" }],
    [`${cri}.containerd.runtimes.runc`, { runtime_type: "io.containerd.runc.v2" }],
    [`${cri}.containerd.runtimes.runc.options`, {
      // The agent makes the Pods' cgroups as directories; under systemd's driver runc would take their paths for names of slices.
      SystemdCgroup: false,
      Root: `${paths.state}/runc`,
    }],
  ];
  return tables.map(([name, values]) => {
    const lines = Object.entries(values).map(([key, value]) => `${key} = ${JSON.stringify(value)}`);
    return [...(name ? [`[${name}]`] : []), ...lines].join("\n");
  }).join("\n\n") + "\n";
}
