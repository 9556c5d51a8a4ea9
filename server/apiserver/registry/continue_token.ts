import { badRequest, expired, StatusError } from "../../../api/status.ts";

/** Where the next page of a list starts, and as of which revision. Opaque to clients. */
export interface ContinueToken {
  /** -1: as of now; the list is then no consistent one. */
  readonly revision: number;
  /** The key behind the last one given, without its storage's prefix. */
  readonly start: string;
  /** When the list's first page was given, in milliseconds: pages of one list may be asked for as long as every store keeps its revisions. */
  readonly since: number;
}

/** How long that is: as long as etcd under Kubernetes keeps what is compacted then. */
export const TOKEN_MILLISECONDS = 5 * 60_000;

const version = "meta.k8s.io/v1";

export function encodeContinue({ revision, start, since }: ContinueToken): string {
  const bytes = new TextEncoder().encode(JSON.stringify({ v: version, rv: revision, start, since }));
  return bytes.toBase64({ alphabet: "base64url", omitPadding: true });
}

/** Throws a 400 for anything that `encodeContinue` did not make. */
export function decodeContinue(token: string): ContinueToken {
  let parsed: unknown;
  try {
    const bytes = Uint8Array.fromBase64(token, { alphabet: "base64url" });
    parsed = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw invalidToken("it is not one that a list has answered");
  }
  const { v, rv, start, since } = (parsed ?? {}) as Record<"v" | "rv" | "start" | "since", unknown>;
  if (v !== version) throw invalidToken(`server does not recognize this encoded version ${v ?? ""}`);
  if (!Number.isSafeInteger(rv) || (rv as number) === 0 || (rv as number) < -1) {
    throw invalidToken("incorrect encoded start resourceVersion");
  }
  if (typeof start !== "string" || start === "") throw invalidToken("encoded start key empty");
  if (start.startsWith("/") || start.includes("..")) throw invalidToken(start);
  // One of a release that wrote no time is old.
  return { revision: rv as number, start, since: typeof since === "number" ? since : 0 };
}

/** 410 for a token whose revision is gone; it brings a token that goes on as of now. */
export function continueExpired(token: ContinueToken): StatusError {
  const error = expired(
    "The provided continue parameter is too old to display a consistent list result. Start a new list without it, or use the continue token " +
      "of this answer: the rest of the list is then as of now, and may miss objects that changed since the first page.",
  );
  const next = encodeContinue({ ...token, revision: -1 });
  return new StatusError({ ...error.status, metadata: { continue: next } }, { cause: error });
}

function invalidToken(why: string): StatusError {
  return badRequest(`invalid continue token: continue key is not valid: ${why}`);
}
