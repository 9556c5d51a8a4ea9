import { STATEMENTS } from "./statements.generated.ts";

/** The transaction's end is counted like a query: it waits for the disk. */
export const COMMIT = "commit";

/** What is counted of the file's thread. */
export const QUERY_NAMES: readonly string[] = [...Object.keys(STATEMENTS), COMMIT];
