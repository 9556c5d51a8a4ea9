import { describe, expect, it } from "vitest";
import type { StoredBatch } from "../mvcc/history.ts";
import { shownEvent } from "../suite/engine.ts";
import { KeySpace } from "./keys.ts";
import { DELETE, type WireEvent, type WireItem } from "./messages.ts";
import { RevisionAssembler } from "./watch_stream.ts";

function assembler() {
  const seen: StoredBatch[] = [];
  const complete: boolean[] = [];
  const it = new RevisionAssembler(new KeySpace("/r"), (batch, isComplete) => {
    seen.push(batch);
    complete.push(isComplete);
  });
  return {
    it,
    complete,
    seen: () => seen.splice(0).map(({ revision, events }) => [revision, events.map(({ full }) => shownEvent(full))]),
  };
}

function item(key: string, modRevision: number, version = 1): WireItem {
  return { key, value: `${modRevision}`, createRevision: 2, modRevision, version };
}

function put(key: string, revision: number, previous?: number): WireEvent {
  return { type: 0, kv: item(key, revision), previous: previous === undefined ? null : item(key, previous) };
}

describe("RevisionAssembler", () => {
  it("hands on whole revisions of fragments, wherever they were cut", () => {
    const { it, seen } = assembler();
    it.add({ events: [put("/r/a", 2), put("/r/b", 2), put("/r/a", 3)], fragment: true });
    expect(seen()).toEqual([[2, ["put /a=2 @2 from 2 v1", "put /b=2 @2 from 2 v1"]]]);
    it.add({ events: [put("/r/b", 3)], fragment: true });
    expect(seen()).toEqual([]);
    it.add({ events: [put("/r/a", 4, 3)], fragment: false });
    expect(seen()).toEqual([
      [3, ["put /a=3 @3 from 2 v1", "put /b=3 @3 from 2 v1"]],
      [4, ["put /a=4 @4 from 2 v1 (was 3 @3)"]],
    ]);
    it.add({ events: [], fragment: false });
    expect(seen()).toEqual([]);
  });

  it("keeps only what is ours, but tells every revision", () => {
    const { it, seen } = assembler();
    const gone = { type: DELETE, kv: item("/r/a", 6), previous: item("/r/a", 4) };
    it.add({ events: [put("/other", 5), gone, put("/other", 6), put("/r\0skiff", 7)], fragment: false });
    expect(seen()).toEqual([[5, []], [6, ["delete /a @6 (was 4 @4)"]], [7, []]]);
  });

  it("notices previous values that are missing", () => {
    const { it, complete } = assembler();
    const changed = put("/r/a", 5);
    const made = { ...changed, kv: { ...changed.kv, key: "/r/b", createRevision: 6, modRevision: 6 } };
    const gone = { type: DELETE, kv: item("/r/a", 7), previous: null };
    it.add({ events: [changed, made, gone, put("/r/a", 8, 7), put("/other", 9)], fragment: false });
    expect(complete).toEqual([false, true, false, true, true]);
  });
});
