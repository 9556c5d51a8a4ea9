import { describe, expect, it } from "vitest";
import type { WriteReport } from "../datastore/budget/budgeted_datastore.ts";
import { describeWrites } from "./write_report.ts";

const report: WriteReport = {
  since: 0,
  now: 7_200_000,
  bytesPerDay: 50_000_000,
  holds: true,
  held: 3,
  writtenBytes: 3_600_000,
  stats: {
    engine: "sqlite",
    durable: true,
    revision: 1200,
    compactedRevision: 700,
    keys: 150,
    bytes: 900_000,
    watchers: 1,
  },
  counts: [
    { resource: "leases", writer: "kubelet", writes: 720, held: 719, bytes: 600_000 },
    { resource: "pods", writer: "", writes: 4, held: 0, bytes: 200_000 },
  ],
};

describe("describeWrites", () => {
  it("shows who wrote, and what it makes in a day", () => {
    expect(describeWrites(report).split("\n")).toEqual([
      "RESOURCE   WRITER    WRITES   HELD   BYTES    SHARE",
      "leases     kubelet   720      719    600000   75.0 %",
      "pods       -         4        0      200000   25.0 %",
      "",
      "0.8 MB of objects in 2.0 h, to sqlite at revision 1200, compacted to 700 (150 keys, 0.9 MB)",
      "3.6 MB on the disk, 500 bytes/s, 43.2 MB a day",
      "budget: 50.0 MB a day; 3 changes are held in memory now",
    ]);
  });

  it("says why nothing is held", () => {
    expect(describeWrites({ ...report, holds: false, bytesPerDay: 0 })).toContain("budget: none, every write goes");
    const shared = describeWrites({ ...report, holds: false, writtenBytes: undefined });
    expect(shared).toContain("budget: none, since a datastore outside this process");
    expect(shared).not.toContain("on the disk");
  });
});
