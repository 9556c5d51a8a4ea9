import { configure, getConsoleSink, type LogLevel, type LogRecord } from "@logtape/logtape";

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

/** Log lines go to standard error, from `level` on. */
export async function setUpLogging(level: LogLevel): Promise<void> {
  const write = (line: string) => Deno.stderr.writeSync(new TextEncoder().encode(line + "\n"));
  const sink = (record: LogRecord) => void write(format(record));
  await configure({
    sinks: { stderr: sink, meta: getConsoleSink() },
    loggers: [
      { category: ["skiff"], lowestLevel: level, sinks: ["stderr"] },
      { category: ["logtape", "meta"], lowestLevel: "error", sinks: ["meta"] },
    ],
  });
}
