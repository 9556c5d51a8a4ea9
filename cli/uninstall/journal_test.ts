import { describe, expect, it } from "vitest";
import { parseJournal } from "./journal.ts";

describe("parseJournal", () => {
  it("reads every kind of record", () => {
    const text = [
      "directory\t/etc/skiff",
      "tree\t/var/lib/skiff",
      "cluster\t/var/lib/skiff",
      "replaced\t/usr/local/bin/skiff\t/etc/skiff/install/skiff/backup-skiff",
      "file\t/etc/systemd/system/skiff.service",
      "reload\tsystemd",
      "service\tsystemd\tskiff\t/etc/systemd/system/skiff.service",
    ].join("\n") + "\n";
    expect(parseJournal(text, "journal")).toEqual([
      { kind: "directory", path: "/etc/skiff" },
      { kind: "tree", path: "/var/lib/skiff" },
      { kind: "cluster", dataDir: "/var/lib/skiff" },
      { kind: "replaced", path: "/usr/local/bin/skiff", backup: "/etc/skiff/install/skiff/backup-skiff" },
      { kind: "file", path: "/etc/systemd/system/skiff.service" },
      { kind: "reload", init: "systemd" },
      { kind: "service", init: "systemd", name: "skiff", file: "/etc/systemd/system/skiff.service" },
    ]);
  });

  it("takes a line without its end for one that was never written", () => {
    expect(parseJournal("directory\t/etc/skiff\ntree\t/var/l", "journal")).toEqual([
      { kind: "directory", path: "/etc/skiff" },
    ]);
  });

  for (
    const line of [
      "tree\t/",
      "tree\t//",
      "tree\t/var/../",
      "tree\tvar",
      "file",
      "service\tupstart\tx\t/x",
      "toString\t/x",
    ]
  ) {
    it(`refuses ${JSON.stringify(line)}`, () => {
      expect(() => parseJournal(`directory\t/etc/skiff\n${line}\n`, "the journal")).toThrow(
        /^the journal, line 2: .* is no record; nothing was undone$/,
      );
    });
  }
});
