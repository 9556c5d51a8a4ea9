import { PARTS } from "./parts.ts";
import { type Architecture, ARCHITECTURES } from "./parts.ts";

/** A package as it was when the lock was written: its SHA-256 is that of the whole package. */
export interface LockedPackage {
  readonly version: string;
  readonly sha256: string;
}

/** By architecture, then by the part's name. */
export type Lock = Readonly<Record<Architecture, Readonly<Record<string, LockedPackage>>>>;

const FILE = new URL("./parts.lock.json", import.meta.url);

/** Throws when a part is in it for one architecture only, or not at all. */
export async function readLock(): Promise<Lock> {
  const lock = JSON.parse(await Deno.readTextFile(FILE)) as Lock;
  for (const architecture of ARCHITECTURES) {
    for (const { name } of PARTS) {
      if (!lock[architecture]?.[name]) {
        throw new Error(`${FILE.pathname} has no ${name} for ${architecture}; write it with: scripts/build --update`);
      }
    }
  }
  return lock;
}

export async function writeLock(lock: Lock): Promise<void> {
  await Deno.writeTextFile(FILE, JSON.stringify(lock, undefined, 2) + "\n");
}
