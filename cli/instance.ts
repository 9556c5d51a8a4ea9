const DEFAULT_DATA_DIR = "/var/lib/skiff";

/**
 * The name under which a data directory's interfaces, nft tables and cgroups go: `skiff` for the default one, else `sk` and six hexadecimal
 * digits of its path's hash, so that several clusters fit one machine.
 */
export async function instanceOf(dataDir: string): Promise<string> {
  if (dataDir === DEFAULT_DATA_DIR) return "skiff";
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(dataDir));
  return `sk${new Uint8Array(digest).toHex().slice(0, 6)}`;
}
