import { writeFileAtomically } from "../server/pki/files.ts";

/** Eight hexadecimal digits that this data directory keeps, so that machines of one name get nodes of different names. */
export async function nodeIdOf(dataDir: string): Promise<string> {
  const path = `${dataDir}/agent/node-id`;
  const present = (await Deno.readTextFile(path).catch(() => "")).trim();
  if (/^[0-9a-f]{8}$/.test(present)) return present;
  const made = crypto.getRandomValues(new Uint8Array(4)).toHex();
  await writeFileAtomically(path, `${made}\n`, 0o644);
  return made;
}
