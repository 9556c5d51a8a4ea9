import { RuntimeError, type RuntimeReason } from "../contract.ts";

/** gRPC's status codes, by number (grpc.github.io/grpc/core/md_doc_statuscodes.html). */
const REASONS: Readonly<Record<number, RuntimeReason>> = {
  3: "invalidArgument",
  4: "deadlineExceeded",
  5: "notFound",
  6: "alreadyExists",
  14: "unavailable",
};

/** What grpc-js rejects with. */
export interface GrpcFault extends Error {
  readonly code?: number;
  readonly details?: string;
}

export function toRuntimeError(fault: GrpcFault, doing: string): RuntimeError {
  const details = lastError(fault.details || fault.message);
  // containerd 1.6 answers an exec that took too long as Unknown.
  const late = /timeout \S+ exceeded|context deadline exceeded/.test(details);
  const reason = REASONS[fault.code ?? -1] ?? (late ? "deadlineExceeded" : "failed");
  return new RuntimeError(reason, `${doing}: ${details}`, { cause: fault });
}

/** Of a connection that never came about grpc-js says much; what counts is why. */
function lastError(details: string): string {
  return /^No connection established\. Last error: (?:Error: )?(.+?)\. Resolution note:/.exec(details)?.[1] ?? details;
}

const UNAUTHORIZED =
  /\b401\b|\b403\b|unauthorized|authorization failed|insufficient_scope|access denied|authentication required/i;

/** The same for an image that could not be pulled: what matters then is whether credentials would help. */
export function toPullError(error: RuntimeError): RuntimeError {
  if (error.reason === "unavailable" || error.reason === "deadlineExceeded") return error;
  const reason = UNAUTHORIZED.test(error.message) ? "pullUnauthorized" : "pullFailed";
  return new RuntimeError(reason, error.message, { cause: error.cause });
}
