import type { WriteReport } from "../datastore/budget/budgeted_datastore.ts";
import { table } from "./table.ts";

const DAY_SECONDS = 86_400;

/** The report as people read it. Pure. */
export function describeWrites(
  { since, now, bytesPerDay, holds, held, writtenBytes, stats, counts }: WriteReport,
): string {
  const seconds = Math.max((now - since) / 1000, 1);
  const total = counts.reduce((sum, { bytes }) => sum + bytes, 0);
  const rows = counts.map(({ resource, writer, writes, held, bytes }) => [
    resource,
    writer || "-",
    `${writes}`,
    `${held}`,
    `${bytes}`,
    `${(bytes * 100 / Math.max(total, 1)).toFixed(1)} %`,
  ]);
  const lines = [
    table(["RESOURCE", "WRITER", "WRITES", "HELD", "BYTES", "SHARE"], rows),
    "",
    `${megabytes(total)} of objects in ${
      duration(seconds)
    }, to ${stats.engine} at revision ${stats.revision}, compacted to ${stats.compactedRevision}` +
    ` (${stats.keys} keys, ${megabytes(stats.bytes)})`,
  ];
  if (writtenBytes !== undefined) {
    const rate = writtenBytes / seconds;
    lines.push(
      `${megabytes(writtenBytes)} on the disk, ${rate.toFixed(0)} bytes/s, ${megabytes(rate * DAY_SECONDS)} a day`,
    );
  }
  lines.push(
    holds
      ? `budget: ${megabytes(bytesPerDay)} a day; ${held} changes are held in memory now`
      : bytesPerDay === 0
      ? "budget: none, every write goes to the disk at once"
      : "budget: none, since a datastore outside this process cannot hold writes back",
  );
  return lines.join("\n");
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

function duration(seconds: number): string {
  if (seconds < 120) return `${seconds.toFixed(0)} s`;
  return seconds < 7200 ? `${(seconds / 60).toFixed(0)} min` : `${(seconds / 3600).toFixed(1)} h`;
}
