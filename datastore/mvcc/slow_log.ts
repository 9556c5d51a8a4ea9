import { getLogger } from "@logtape/logtape";

const logger = getLogger(["skiff", "datastore", "slow"]);

/** Tells of a named query that took long. */
export function logSlowQuery(query: string, milliseconds: number): void {
  logger.warn("The datastore's query {query} took {milliseconds} ms: is the disk slow, or the network?", {
    query,
    milliseconds: Math.round(milliseconds),
  });
}
