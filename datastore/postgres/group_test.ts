import { describe, expect, it } from "vitest";
import type { Operation } from "../contract.ts";
import { firstId } from "../mvcc/row_id.ts";
import { planGroup } from "./group.ts";

function put(key: string, value: string, expect?: number): Operation {
  return { kind: "put", key, value, ...expect !== undefined && { expect } };
}

describe("planGroup", () => {
  const stored = [[firstId(5), "a", 3, 2, 0], [firstId(6) + 1, "gone", 4, 1, 1]];

  it("lets each commit see what those before it did, and gives a revision only to those that change something", () => {
    const { revision, rows, wanted, replies } = planGroup(
      {
        commits: [
          [put("a", "1", 5), put("gone", "back", 0)],
          [put("a", "2", 5)],
          [{ kind: "delete", key: "none" }],
          [{ kind: "delete", key: "a", expect: 11 }],
          [put("a", "3", 0)],
        ],
        previous: false,
      },
      10,
      stored,
    );
    expect(revision).toBe(13);
    expect(wanted).toEqual([]);
    expect(rows.map(({ id, name, deleted, createRevision, previous, version, value }) => [
      id,
      name,
      deleted,
      createRevision,
      previous,
      version,
      value,
    ])).toEqual([
      [firstId(11), "a", 0, 3, firstId(5), 3, "1"],
      [firstId(11) + 1, "gone", 0, 11, 0, 1, "back"],
      [firstId(12), "a", 1, 3, firstId(11), 3, ""],
      [firstId(13), "a", 0, 13, 0, 1, "3"],
    ]);
    expect(replies(new Map())).toEqual([
      { kind: "done", revision: 11, effects: [[0, 3, 3, undefined], [1, 11, 1, undefined]] },
      {
        kind: "conflict",
        revision: 11,
        conflicts: [{ index: 0, actual: { key: "a", value: "1", createRevision: 3, modRevision: 11, version: 3 } }],
      },
      { kind: "done", revision: 11, effects: [] },
      { kind: "done", revision: 12, effects: [[0, 3, 3, undefined]] },
      { kind: "done", revision: 13, effects: [[0, 13, 1, undefined]] },
    ]);
  });

  it("asks for the values that watchers and conflicts need", () => {
    const before = { key: "a", value: "old", createRevision: 3, modRevision: 5, version: 2 };
    const conflict = planGroup({ commits: [[put("a", "1", 4)]], previous: false }, 10, stored);
    expect(conflict.wanted).toEqual([firstId(5)]);
    expect(conflict.rows).toEqual([]);
    const values = new Map([[firstId(5), "old"]]);
    expect(conflict.replies(values)).toEqual([{
      kind: "conflict",
      revision: 10,
      conflicts: [{ index: 0, actual: before }],
    }]);
    const change = planGroup({ commits: [[put("a", "1")], [put("a", "2")]], previous: true }, 10, stored);
    expect(change.wanted).toEqual([firstId(5)]);
    const after = { key: "a", value: "1", createRevision: 3, modRevision: 11, version: 3 };
    expect(change.replies(values)).toEqual([
      { kind: "done", revision: 11, effects: [[0, 3, 3, before]] },
      { kind: "done", revision: 12, effects: [[0, 3, 4, after]] },
    ]);
  });
});
