import type { Database } from "./database.ts";

/** A number that the file keeps beside the log under a name; 0 when it was never set. */
export function markOf(db: Database, name: string): number {
  return (db.row("mark", name)?.[0] as number | undefined) ?? 0;
}
