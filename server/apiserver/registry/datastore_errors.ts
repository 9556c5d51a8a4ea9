import { DatastoreError, type DatastoreReason } from "../../../datastore/contract.ts";
import {
  expired,
  internal,
  requestEntityTooLarge,
  resourceVersionTooLarge,
  serviceUnavailable,
  type StatusError,
  timeout,
} from "../../../api/status.ts";

/** What the API answers for what befell the datastore. */
const answers: Readonly<Record<DatastoreReason, (error: DatastoreError) => StatusError>> = {
  compacted: () => expired("the requested resource version was compacted; list again without it"),
  futureRevision: () => resourceVersionTooLarge("requested", "unknown"),
  invalidArgument: (error) => requestEntityTooLarge(error.message),
  // Without Retry-After: clients would retry for minutes in silence what a person has to mend.
  storageFull: () =>
    serviceUnavailable("the datastore's disk is full: reads go on; writes do when there is room again"),
  readOnly: () =>
    serviceUnavailable("the datastore's file system is read-only: reads go on; writes do when it is mended"),
  corrupt: (error) => internal("the datastore is damaged; see the server's log", error),
  locked: (error) => internal("the datastore is in use by another process", error),
  notEmpty: (error) => internal("the datastore is not empty", error),
  slowWatcher: () => expired("the watch fell too far behind; list again"),
  unavailable: () => serviceUnavailable("the datastore cannot be reached now", 1),
  unknownOutcome: () => timeout("the datastore did not say whether the write took place"),
  closed: () => serviceUnavailable("the server is shutting down", 1),
};

/** Runs a call to the datastore; its errors come out as the API's. */
export async function throughStore<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    throw error instanceof DatastoreError ? answers[error.reason](error) : error;
  }
}
