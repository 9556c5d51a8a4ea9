import { HttpError } from "./http_error.ts";

/** `PodLogOptions` as its query says it. */
export interface LogQuery {
  readonly follow: boolean;
  readonly previous: boolean;
  readonly timestamps: boolean;
  /** Milliseconds since the epoch. */
  readonly since?: number;
  readonly tailLines?: number;
  readonly limitBytes?: number;
  readonly stream?: "stdout" | "stderr";
}

const STREAMS: Readonly<Record<string, "stdout" | "stderr" | undefined>> = {
  Stdout: "stdout",
  Stderr: "stderr",
  All: undefined,
};

/** Throws 400 for values that are none. */
export function logQuery(query: URLSearchParams, now: number): LogQuery {
  const flag = (name: string) => ["1", "true", "True"].includes(query.get(name) ?? "");
  const count = (name: string, least: number) => {
    const text = query.get(name);
    if (text === null || text === "") return undefined;
    const value = Number(text);
    if (Number.isSafeInteger(value) && value >= least) return value;
    throw new HttpError(400, `${name}: invalid value ${JSON.stringify(text)}: must be a number of at least ${least}`);
  };
  const sinceSeconds = count("sinceSeconds", 1);
  const since = sinceSeconds === undefined ? time(query.get("sinceTime")) : now - sinceSeconds * 1000;
  const tailLines = count("tailLines", 0);
  const limitBytes = count("limitBytes", 1);
  const streamName = query.get("stream") || "All";
  if (!(streamName in STREAMS)) {
    throw new HttpError(400, `stream: unsupported value ${JSON.stringify(streamName)}: must be All, Stdout or Stderr`);
  }
  const stream = STREAMS[streamName];
  return {
    follow: flag("follow"),
    previous: flag("previous"),
    timestamps: flag("timestamps"),
    ...(since === undefined ? {} : { since }),
    ...(tailLines === undefined ? {} : { tailLines }),
    ...(limitBytes === undefined ? {} : { limitBytes }),
    ...(stream === undefined ? {} : { stream }),
  };
}

function time(text: string | null): number | undefined {
  if (!text) return undefined;
  const value = Date.parse(text);
  if (!Number.isNaN(value)) return value;
  throw new HttpError(
    400,
    `sinceTime: invalid value ${JSON.stringify(text)}: must be a time like 2026-01-02T03:04:05Z`,
  );
}
