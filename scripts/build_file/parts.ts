/** The names of the files' architectures are Debian's and Kubernetes'. */
export const ARCHITECTURES = ["amd64", "arm64"] as const;
export type Architecture = typeof ARCHITECTURES[number];

/** What is put into the file besides Skiff itself: one row a package. */
export interface Part {
  readonly name: string;
  readonly source: "debian" | "npm";
  readonly package: (architecture: Architecture) => string;
  /** Paths in the package, and where each goes in the unpacked file. */
  readonly files: Readonly<Record<string, string>>;
  /** Whether the `-lean` file has it, too: one that takes containerd and etcd from the host. */
  readonly lean: boolean;
}

const CNI_PLUGINS = ["bandwidth", "bridge", "firewall", "host-local", "loopback", "portmap"];

export const PARTS: readonly Part[] = [
  {
    name: "deno",
    source: "npm",
    package: (architecture) => `@deno/linux-${architecture === "amd64" ? "x64" : "arm64"}-glibc`,
    files: { "package/deno": "runtime/deno" },
    lean: true,
  },
  // Its platform packages come without the licence.
  {
    name: "deno-licence",
    source: "npm",
    package: () => "deno",
    files: { "package/LICENSE": "licences/deno" },
    lean: true,
  },
  debian("containerd", "containerd", {
    "usr/bin/containerd": "bin/containerd",
    "usr/bin/containerd-shim-runc-v2": "bin/containerd-shim-runc-v2",
    "usr/bin/ctr": "bin/ctr",
  }),
  debian("runc", "runc", { "usr/sbin/runc": "bin/runc" }),
  debian(
    "cni-plugins",
    "containernetworking-plugins",
    Object.fromEntries(CNI_PLUGINS.map((plugin) => [`usr/lib/cni/${plugin}`, `cni/${plugin}`])),
  ),
  debian("etcd", "etcd-server", { "usr/bin/etcd": "bin/etcd" }),
];

function debian(name: string, packageName: string, files: Readonly<Record<string, string>>): Part {
  return {
    name,
    source: "debian",
    package: () => packageName,
    files: { ...files, [`usr/share/doc/${packageName}/copyright`]: `licences/${name}` },
    lean: false,
  };
}
