/** `manifest.json` of an unpacked file: what is in it. `scripts/build_file/` writes it. */
export interface Manifest {
  readonly version: string;
  /** The commit it was built of; `-dirty` behind it when the work tree had changes. */
  readonly commit: string;
  /** When that commit was made, RFC 3339. */
  readonly committed: string;
  readonly architecture: string;
  /** `lean` has no containerd, runc, CNI plugins and etcd. */
  readonly variant: "full" | "lean";
  readonly parts: readonly ManifestPart[];
}

export interface ManifestPart {
  readonly name: string;
  readonly version: string;
  /** Where it comes from: `debian:containerd`, `npm:@deno/linux-x64-glibc`; absent for Skiff's own. */
  readonly package?: string;
  /** SHA-256 of that package as it was downloaded. */
  readonly packageSha256?: string;
  /** SHA-256 of each file by its path below the unpacked file's folder. */
  readonly files: Readonly<Record<string, string>>;
}
