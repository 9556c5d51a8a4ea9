import type { Architecture } from "./parts.ts";

/** `manifest.json` in the unpacked file, as `skiff version -o json` prints it. */
export interface Manifest {
  readonly version: string;
  /** The commit it was built of; `-dirty` behind it when the work tree had changes. */
  readonly commit: string;
  readonly architecture: Architecture;
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
