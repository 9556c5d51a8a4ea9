import { UserError } from "../error.ts";

/** `bundle.json`: what `skiff images bundle` packed. */
export interface BundleManifest {
  readonly format: 1;
  /** The images' archive is `agent/images/NAME.tar` on the node. */
  readonly name: string;
  /** Of the Skiff inside. */
  readonly version: string;
  readonly architecture: string;
  readonly images: ImagesOfBundle;
  /** In a delta, the SHA-256 of the archive it was made against: that of the node's `agent/images/NAME.tar`. */
  readonly base?: string;
}

export interface ImagesOfBundle {
  readonly names: readonly string[];
  /** SHA-256 of the whole archive, also in a delta. */
  readonly sha256: string;
  /** Files of the archive in their order, by name: blobs have their digest in it. */
  readonly files: readonly string[];
}

export const MANIFEST = "bundle.json", IMAGES = "images.tar", SUMS = "SHA256SUMS", INSTALLER = "install.sh";

/** `where` names the file in errors. */
export function parseManifest(text: string, where: string): BundleManifest {
  let found: Partial<BundleManifest>;
  try {
    found = JSON.parse(text) as Partial<BundleManifest>;
  } catch (cause) {
    throw new UserError(`${where} is no bundle of images: its ${MANIFEST} cannot be read`, { cause });
  }
  if (found.format !== 1) {
    throw new UserError(
      `${where} has the format ${found.format}; this Skiff knows format 1: use the Skiff that is in the bundle`,
    );
  }
  const { name, images } = found;
  const isWhole = typeof name === "string" && /^[a-z0-9][a-z0-9._-]{0,62}$/.test(name) && images &&
    Array.isArray(images.files) &&
    /^[0-9a-f]{64}$/.test(images.sha256);
  if (!isWhole) throw new UserError(`${where} is no bundle of images: its ${MANIFEST} is damaged`);
  return found as BundleManifest;
}

/** Reads a file of sums as sha256sum writes it: file name to SHA-256. */
export function parseSums(text: string): ReadonlyMap<string, string> {
  return new Map([...text.matchAll(/^([0-9a-f]{64}) [ *](.+)$/gm)].map(([, sum, name]) => [name!, sum!]));
}
