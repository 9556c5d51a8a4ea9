import { readIfPresent, writeFileAtomically } from "./files.ts";

/** The cluster's join secret at `path`, made at the first start: 256 random bits in hexadecimal, readable by the owner alone. */
export async function openToken(path: string): Promise<string> {
  const present = (await readIfPresent(path))?.trim();
  if (present) return present;
  const token = crypto.getRandomValues(new Uint8Array(32)).toHex();
  await writeFileAtomically(path, `${token}\n`, 0o600);
  return token;
}
