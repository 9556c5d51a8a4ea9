import { DatastoreError, type DatastoreReason } from "../contract.ts";

/** PostgreSQL's error codes (postgresql.org/docs/current/errcodes-appendix.html), by their beginnings. */
const CODES: readonly { code: string; reason: DatastoreReason; advice?: string }[] = [
  { code: "53100", reason: "storageFull", advice: "make room; writes then go on by themselves" },
  { code: "25006", reason: "readOnly", advice: "is it a standby?" },
  { code: "XX001", reason: "corrupt", advice: "restore a snapshot" },
  { code: "XX002", reason: "corrupt", advice: "restore a snapshot" },
  { code: "54000", reason: "invalidArgument" },
  { code: "42501", reason: "unavailable", advice: "the user needs the right to create a schema in the database" },
  { code: "42P01", reason: "unavailable", advice: "somebody removed the store's tables" },
  { code: "28", reason: "unavailable", advice: "check user and password" },
];

/** Of the server: it ends the connection, or does not take one now. */
const CONNECTION_CODES =
  /^(08...|57P0[1-5]|25P03|53300|ECONN.*|EPIPE|ENOENT|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN)$/;
/** Another writer held the lock for too long, or PostgreSQL chose between two. */
const LOCK_CODES: ReadonlySet<string> = new Set(["55P03", "40P01", "40001"]);
/** Of the driver, which has no codes for them. */
const CONNECTION_TEXTS =
  /connection terminated|connection ended|connection error|not queryable|timeout exceeded when trying to connect|timeout expired|read timeout|client was closed/i;

/** Whether a call failed because the connection did, so that another connection may do better. */
export function isConnectionError(error: unknown): boolean {
  const { code = "", message = "" } = error as { code?: string; message?: string };
  return CONNECTION_CODES.test(code) || CONNECTION_TEXTS.test(message);
}

/** Whether the server, asked for a transaction, has not come to its number: a crash or a fail-over took it away before it was committed. */
export function isUnknownTransaction(error: unknown): boolean {
  return /is in the future/.test((error as { message?: string }).message ?? "");
}

/** Whether another attempt may do better: the connection broke, or other writers were in the way. */
export function isTransient(error: unknown): boolean {
  const { code = "" } = error as { code?: string };
  return isConnectionError(error) || LOCK_CODES.has(code);
}

/** What a failed call means; never shows the address's password. */
export function datastoreError(error: unknown): DatastoreError {
  if (error instanceof DatastoreError) return error;
  const { code = "", message = String(error) } = error as { code?: string; message?: string };
  const known = CODES.find((row) => code.startsWith(row.code));
  const advice = known?.advice ? ` (${known.advice})` : "";
  return new DatastoreError(known?.reason ?? "unavailable", `PostgreSQL: ${message}${advice}`, { cause: error });
}
