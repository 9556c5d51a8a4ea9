import { configure, getConsoleSink, type LogLevel, type LogRecord } from "@logtape/logtape";
import { UserError } from "./error.ts";

const LEVELS: Readonly<Record<LogLevel, string>> = {
  trace: "TRACE",
  debug: "DEBUG",
  info: "INFO",
  warning: "WARN",
  error: "ERROR",
  fatal: "FATAL",
};

function text(value: unknown): string {
  if (value instanceof Error) return value.message || value.name;
  return typeof value === "string" ? value : JSON.stringify(value) ?? String(value);
}

function format(record: LogRecord): string {
  const message = record.message.map((part, i) => i % 2 === 0 ? part : text(part)).join("");
  return `${new Date(record.timestamp).toISOString()} ${LEVELS[record.level]} ${
    record.category.slice(1).join(".") || "skiff"
  }: ${message}`;
}

/** For a command that is over soon: only what is wrong, on standard error. How long the datastore takes is for the log of a server. */
export function setUpCommandLogging(): Promise<void> {
  return setUpLogging("warning", { unheard: [["skiff", "datastore", "slow"]] });
}

export interface LogTarget {
  /** Lines are appended to it. */
  readonly log?: string;
  /** And to standard error, too. */
  readonly alsologtostderr?: boolean;
  /** Categories whose warnings are left out. */
  readonly unheard?: readonly string[][];
}

/** Log lines go to standard error or a file, from `level` on. */
export async function setUpLogging(
  level: LogLevel,
  { log, alsologtostderr, unheard = [] }: LogTarget = {},
): Promise<void> {
  const outputs: { writeSync(bytes: Uint8Array): number }[] = log === undefined || alsologtostderr ? [Deno.stderr] : [];
  if (log !== undefined) outputs.push(await openLog(log));
  const encoder = new TextEncoder();
  const sink = (record: LogRecord) => {
    const line = encoder.encode(`${format(record)}\n`);
    for (const output of outputs) output.writeSync(line);
  };
  await configure({
    sinks: { lines: sink, meta: getConsoleSink() },
    loggers: [
      { category: ["skiff"], lowestLevel: level, sinks: ["lines"] },
      ...unheard.map((category) => ({ category, lowestLevel: "error" as const, sinks: [] })),
      { category: ["logtape", "meta"], lowestLevel: "error", sinks: ["meta"] },
    ],
  });
}

async function openLog(path: string): Promise<Deno.FsFile> {
  try {
    return await Deno.open(path, { append: true, create: true, mode: 0o600 });
  } catch (cause) {
    throw new UserError(`--log ${path} cannot be written: ${(cause as Error).message}`, { cause });
  }
}
