import { RuntimeError, type RuntimeReason } from "../runtime/contract.ts";
import { StreamingError } from "./streaming/upstream.ts";

/** An answer that is not a success. The kubelet's are plain text; the API server passes them on. */
export class HttpError extends Error {
  override readonly name = "HttpError";
  constructor(readonly code: number, message: string, options?: ErrorOptions) {
    super(message, options);
  }
}

const CODES: Readonly<Partial<Record<RuntimeReason, number>>> = {
  notFound: 404,
  invalidArgument: 400,
  unavailable: 503,
  deadlineExceeded: 504,
};

export function toHttpError(error: unknown): HttpError {
  if (error instanceof HttpError) return error;
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof RuntimeError) return new HttpError(CODES[error.reason] ?? 500, message, { cause: error });
  if (error instanceof StreamingError) return new HttpError(502, message, { cause: error });
  return new HttpError(500, message, { cause: error });
}
